"""A range of the search space is one thing: `{low: 1, high: 9}` replaces what stood there, whatever that was.

Hydra merges mappings key by key, and refuses to put a list where a mapping stands. A text it replaces. So a range
travels through Hydra as a text, `"{low: 1, high: 9}"`: `Files` reads it so from studies and options, `whole` writes it
so in overrides, and `unpacked` takes it out again of what Hydra composed. See docs/decisions/0003.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any, cast

import yaml
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ValueType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

SPACE = "search_space"


OWN = "own"
"""The provider of a user's folder: it adds studies and options, and replaces nothing of Hydra's or ours."""

_SHIPPED = ("config", "launch", "schema")


class Files(ConfigSource):
    """Folders of YAML as Hydra reads them, but with ranges as texts."""

    def __init__(self, provider: str, path: str) -> None:
        super().__init__(provider, path)
        self._files = _plain(provider, self.path)

    @staticmethod
    def scheme() -> str:
        """What paths of this source begin with."""
        return "seqsweep"

    def load_config(self, config_path: str) -> ConfigResult:
        """One file; what is shipped is read once in a process."""
        if self.provider == OWN:
            return _read(self.provider, self.path, config_path)
        return deepcopy(_read_shipped(self.provider, self.path, config_path))

    def available(self) -> bool:
        """Whether the folder is there."""
        return self._files.available()

    def is_group(self, config_path: str) -> bool:
        """Whether this is a folder in it."""
        return self._may(config_path) and self._files.is_group(config_path)

    def is_config(self, config_path: str) -> bool:
        """Whether this is a file in it."""
        return self._may(config_path) and self._files.is_config(config_path)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """What is in a folder of it."""
        return self._files.list(config_path, results_filter)

    def _may(self, config_path: str) -> bool:
        """Whether a file of this place is for this folder to give."""
        first = config_path.split("/", maxsplit=1)[0].removesuffix(".yaml")
        return self.provider != OWN or first not in ("hydra", *_SHIPPED)


def _plain(provider: str, folder: str) -> ConfigSource:
    """Hydra's own source for folders."""
    sources = cast(list[type[ConfigSource]], Plugins.instance().discover(ConfigSource))
    return next(source for source in sources if source.scheme() == "file")(provider, f"file://{folder}")


def _read(provider: str, folder: str, config_path: str) -> ConfigResult:
    result = _plain(provider, folder).load_config(config_path)
    package = result.header.get("package") or config_path.rpartition("/")[0].replace("/", ".")
    content: Any = OmegaConf.to_container(result.config)
    if isinstance(content, dict):
        texts = _packed(content) if package == SPACE else packed(content)
        if texts != content:
            result.config = OmegaConf.create(texts)
    return result


_read_shipped = cache(_read)


def packed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a study with each range as a text, those that it sweeps over too."""
    made = dict(content)
    if isinstance(made.get(SPACE), Mapping):
        made[SPACE] = _packed(made[SPACE])
    try:
        params = dict(made["hydra"]["sweeper"]["params"])
    except (KeyError, TypeError, ValueError):
        return made  # nothing is swept
    swept = {key: whole(f"{key}={value}").split("=", 1)[1] for key, value in params.items()}
    made["hydra"] = {**made["hydra"], "sweeper": {**made["hydra"]["sweeper"], "params": swept}}
    return made


def unpacked(space: Mapping[str, Any]) -> dict[str, Any]:
    """A search space with each range that travelled as a text as the mapping that it was."""
    return {name: _range(value) if isinstance(value, str) else value for name, value in space.items()}


def whole(text: str) -> str:
    """The override with each range in its value as a text; Hydra must be able to read it."""
    [override] = OverridesParser.create().parse_overrides([text])
    if not override.key_or_group.startswith(f"{SPACE}.") or override.is_delete():
        return text
    swept = override.value_type in (ValueType.CHOICE_SWEEP, ValueType.SIMPLE_CHOICE_SWEEP)
    texts = list(override.sweep_string_iterator()) if swept else [text.split("=", 1)[1]]
    values = [OverridesParser.create().parse_override(f"key={each}").value() for each in texts]
    if not any(isinstance(value, dict) for value in values):
        return text
    written = [_quoted(value) if isinstance(value, dict) else each for value, each in zip(values, texts, strict=True)]
    return f"{override.get_key_element()}={','.join(written)}"


def shown(text: str) -> str:
    """An override as a user would write it: the opposite of `whole`, and of what Hydra escapes in a list of values."""
    text = re.sub(r"\$\\\{.*?\\\}", lambda found: found[0].replace("\\", ""), text)
    return re.sub(r'"(\{(?:\\"|[^"])*\})"', lambda found: found[1].replace('\\"', '"'), text)


def _packed(space: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): _text(value) if isinstance(value, Mapping) else value for name, value in space.items()}


def _text(range_: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(range_), default_flow_style=True, sort_keys=False, width=math.inf)).strip()


def _quoted(range_: Mapping[str, Any]) -> str:
    return '"' + _text(range_).replace('"', '\\"') + '"'


def _range(text: str) -> Any:
    """The range that a text stands for; the text itself where it stands for none."""
    if not text.startswith("{"):
        return text
    try:
        entries = dict(OmegaConf.create(text))
        # What an interpolation has become is a text inside the text.
        return {k: OmegaConf.create(f"value: {v}").value if isinstance(v, str) else v for k, v in entries.items()}
    except (OmegaConfBaseException, yaml.YAMLError, ValueError):
        return text
