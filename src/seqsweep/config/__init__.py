"""From a study's name and the overrides of a command line to checked `SweepConfig` objects.

`folders` knows where the YAML lies, `check` finds every fault of key, option and type before Hydra composes anything,
`compose` composes what has none, checks bounds and the rules of each room, and reports all faults together.
"""

from seqsweep.config.check import keys
from seqsweep.config.compose import Launch, Rule, compose, from_yaml, register, to_object, to_yaml
from seqsweep.config.folders import CONF, STUDIES, options, question, studies

__all__ = [
    "CONF",
    "STUDIES",
    "Launch",
    "Rule",
    "compose",
    "from_yaml",
    "keys",
    "options",
    "question",
    "register",
    "studies",
    "to_object",
    "to_yaml",
]
