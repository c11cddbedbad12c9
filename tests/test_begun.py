"""What an earlier launch left of a sweep is told before its data is read."""

from __future__ import annotations

from types import SimpleNamespace

from seqsweep.search import SweepState, first_words, folders, identity
from seqsweep.search.sweep_identity import fingerprint
from seqsweep.search.sweep_state import folder_of
from seqsweep.state_files import write_state


def test_the_first_line_says_what_is_there_of_the_same_sweep_and_not_of_another(make_config, tmp_path):
    directory = f"tracking.directory={tmp_path}"
    config = make_config(directory)
    assert first_words(config) == "quickstart: reading the data"
    content = identity(config, SimpleNamespace(sha256="5eed", rows=309))
    folder = folder_of(tmp_path, fingerprint(content))
    (folder / "trials").mkdir(parents=True)
    write_state(folder / "sweep.json", content)
    for number in range(4):
        (folder / "trials" / f"{number:04d}.json").write_text("{}")
    assert folders(tmp_path) == [folder] and SweepState(folder).size()
    assert first_words(config) == "quickstart: resuming, 4 of 12 trials are done; reading the data"
    assert first_words(make_config(directory, "tuner.max_trials=20")).startswith("quickstart: resuming, 4 of 20 trials")
    assert first_words(make_config(directory, "seed=1")) == "quickstart: reading the data"
