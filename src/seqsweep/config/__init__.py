"""From a study's name and the overrides of a command line to checked `SweepConfig` objects.

`folders` knows where the YAML lies, `user_files`, `study_lines` and `check` find every fault of key, option and type
before Hydra composes anything, `hydra_settings` says what of Hydra a study may set, `launcher` reads how
jobs are launched, `unused` finds what is given and nothing reads, `compose` composes what has none, checks bounds and
the rules of each module, and reports all faults together; `addresses` knows what of an address is secret, `ranges` lets
a range of the search space replace what stood there.
"""

from seqsweep.config.addresses import find_data
from seqsweep.config.compose import Launch, Rule, compose, from_yaml, to_object, to_yaml
from seqsweep.config.folders import CONF, STUDIES, option_values, options, question, studies
from seqsweep.config.jobs import register
from seqsweep.config.keys import keys, no_such_key, settings
from seqsweep.config.ranges import shown

__all__ = [
    "CONF",
    "STUDIES",
    "Launch",
    "Rule",
    "compose",
    "find_data",
    "from_yaml",
    "keys",
    "no_such_key",
    "option_values",
    "options",
    "question",
    "register",
    "settings",
    "shown",
    "studies",
    "to_object",
    "to_yaml",
]
