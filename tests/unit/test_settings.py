"""The settings of a server: profiles, the file, variables, and what is said of wrong ones."""

import os
import re
from dataclasses import asdict, fields

import pytest

from nas_core import settings
from nas_core.settings import PROFILES, Settings
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in list(os.environ):
        if name.startswith("NAS_EXPLORER_") and name != "NAS_EXPLORER_DATA":
            monkeypatch.delenv(name)


def test_a_laptop_is_the_default_and_nothing_is_limited_there_but_jobs_at_once():
    assert settings.current() == Settings()
    assert {name: value for name, value in asdict(Settings()).items() if value} == {"jobs": 2}


def test_a_variable_comes_before_the_file_and_the_file_before_the_profile(data_folder, monkeypatch):
    data_folder.mkdir()
    (data_folder / settings.FILE).write_text('profile = "cloud"\njobs = 3\nvisitor_waiting = 7\n')
    assert (settings.current().public, settings.current().jobs, settings.current().visitor_waiting) == (True, 3, 7)
    assert settings.current().memory_mb == 650
    monkeypatch.setenv("NAS_EXPLORER_JOBS", "5")
    monkeypatch.setenv("NAS_EXPLORER_PUBLIC", "0")
    assert (settings.current().public, settings.current().jobs, settings.current().visitor_waiting) == (False, 5, 7)
    monkeypatch.setenv("NAS_EXPLORER_PROFILE", "laptop")
    assert settings.current().memory_mb == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_on_a_host_of_strangers_one_visitor_never_takes_every_place(profile, monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_PROFILE", profile)
    here = settings.current()
    assert not here.public or 0 < here.visitor_jobs < here.jobs


def test_what_the_limits_of_the_cloud_allow_together_fits_into_its_least_memory(monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_PROFILE", "cloud")
    here = settings.current()
    server = 250  # MB, without jobs, once every page has been drawn; see docs/settings.md
    assert 0 < here.job_memory_mb <= here.visitor_memory_mb <= here.memory_mb - server < here.memory_mb < 690
    assert here.visitor_disk_mb < here.disk_mb and 0 < here.upload_mb < here.visitor_disk_mb
    assert here.job_minutes <= here.visitor_minutes and 1 == here.visitor_processes < here.server_processes


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PROFILE", "host", "NAS_EXPLORER_PROFILE is 'host', which is not a profile; there are: laptop, cloud, lab"),
        ("JOBS", "0", "NAS_EXPLORER_JOBS must be a whole number, at least 1; it is '0'"),
        ("DISK_MB", "-1", "NAS_EXPLORER_DISK_MB must be a whole number, at least 0; it is '-1'"),
        ("JOB_MINUTES", "½", "NAS_EXPLORER_JOB_MINUTES must be a whole number, at least 0; it is '½'"),
        ("PUBLIC", "perhaps", "NAS_EXPLORER_PUBLIC must be true or false; it is 'perhaps'"),
    ],
)
def test_a_wrong_variable_is_one_sentence(variable, value, sentence, monkeypatch):
    monkeypatch.setenv(f"NAS_EXPLORER_{variable}", value)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        settings.current()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("jobs = true", "jobs in .*settings.toml must be a whole number, at least 1; it is True"),
        ("job = 3", "settings.toml has no setting 'job'; there are: profile, public, jobs"),
        ("jobs", "settings.toml cannot be read .*; mend it or remove it"),
        ("jobs = '''\xff", "settings.toml cannot be read .*; mend it or remove it"),
    ],
)
def test_a_wrong_file_is_one_sentence(text, sentence, data_folder):
    data_folder.mkdir()
    (data_folder / settings.FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=sentence):
        settings.current()


def test_the_page_of_documentation_has_every_setting_with_its_defaults(monkeypatch):
    """But for those that depend on the number of cores."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = {cells[0].strip("` "): cells[1:] for cells in (line.strip("|").split("|") for line in text.splitlines())}
    for field in fields(Settings):
        says = [cell.strip() for cell in rows[field.name]]
        assert says[3] == field.metadata["about"]
        for profile, said in zip(PROFILES, says, strict=False):
            value = field.metadata[profile]
            if not said.endswith("cores"):
                shown = ("no", "yes")[value] if isinstance(value, bool) else f"{value:,}"
                assert said == shown
