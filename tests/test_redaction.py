"""What is hidden in texts that leave the process, and what is left alone."""

from __future__ import annotations

import io
import json
import random
import string
import sys
import time
from urllib.parse import quote, quote_plus

import pytest

from seqsweep import redaction
from seqsweep.errors import ConfigError, Fault, StateError
from seqsweep.redaction import redacted, redacted_output, remember, remember_variable, secrets_of
from seqsweep.words import command


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(redaction, "_known", set())


BY_PLACE = {
    # userinfo
    "postgresql://u:hunter2@h/db": "postgresql://u:***@h/db",
    "postgresql+psycopg://me:se:c/r@et@host/shop": "postgresql+psycopg://me:***@host/shop",
    "mysql://u:p%40ss%2Fword@h:3306/db?ssl=1": "mysql://u:***@h:3306/db?ssl=1",
    "postgresql://u:p?w@x#y@h/db": "postgresql://u:***@h/db",
    "https://ghp_token@github.com/x": "https://***@github.com/x",
    "http://:pw@h/": "http://:***@h/",
    "me:hunter2@host/db": "me:***@host/db",
    "'a://u:p@h/x' and \"b://u:q@i/y\"": "'a://u:***@h/x' and \"b://u:***@i/y\"",
    # query and fragment
    "postgresql://h/db?user=u&password=hunter2": "postgresql://h/db?user=u&password=***",
    "sqlite:///a.db?PASSWD=x&mode=ro": "sqlite:///a.db?PASSWD=***&mode=ro",
    "https://x.blob/y?sv=1&sig=aB%2Fc%3D&se=2": "https://x.blob/y?sv=1&sig=***&se=2",
    "s3://b/x?X-Amz-Credential=AK/2&X-Amz-Signature=ff&X-Amz-Expires=3": (
        "s3://b/x?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Expires=3"
    ),
    "https://h/x?AWSAccessKeyId=AK&Expires=1": "https://h/x?AWSAccessKeyId=***&Expires=1",
    "https://h/x?api_key=1&apikey=2&key=3&token=4&client_secret=5": (
        "https://h/x?api_key=***&apikey=***&key=***&token=***&client_secret=***"
    ),
    "https://h/cb#access_token=abc&type=b": "https://h/cb#access_token=***&type=b",
    "https://h/x?pass%77ord=hunter2": "https://h/x?password=***",
    # ODBC
    "DRIVER=x;UID=me;PWD=hunter2;TIMEOUT=3": "DRIVER=x;UID=me;PWD=***;TIMEOUT=3",
    "UID=me;Pwd={a;b}}c};TIMEOUT=3": "UID=me;Pwd=***;TIMEOUT=3",
    "mssql+pyodbc:///?odbc_connect=UID%3Dme%3BPWD%3Dhunter2%3BX%3D1": (
        "mssql+pyodbc:///?odbc_connect=UID=me;PWD=***;X=1"
    ),
    "AccountName=a;AccountKey=xyz==;Endpoint=h": "AccountName=a;AccountKey=***;Endpoint=h",
    # texts
    "connect(host=h, password='my pass')": "connect(host=h, password=***)",
    "{'user': 'u', 'password': 'my pass'}": "{'user': 'u', 'password': ***}",
    "{'secret': 'a b', 'token': 'c'}": "{'secret': ***, 'token': ***}",
    "Authorization: Bearer abc.def": "Authorization: Bearer ***",
    "{'Authorization': 'Basic dTpw'}": "{'Authorization': 'Basic ***'}",
    "curl -H 'bearer 0123456789'": "curl -H 'bearer ***'",
    "key AKIAIOSFODNN7EXAMPLE of": "key *** of",
    "data.url=postgresql://u:${oc.env:PW,hunter2}@h/db": "data.url=postgresql://u:***@h/db",
    "tracking.uri=http://${oc.env:LOGIN,u:hunter2}@h": "tracking.uri=http://***@h",
    "http://${oc.env:NAME}:hunter2@h": "http://${oc.env:NAME}:***@h",
}
LEFT_ALONE = [
    "http://host:5000/p?x=a@b",
    "http://[::1]:5000/x",
    "models:/sunspots@champion",
    "write postgresql://USER:PASSWORD@HOST/NAME",
    "data.url=${oc.env:DATABASE_URL}",
    "data.url=postgresql://h/db?password=***: its secrets were not logged",
    "postgresql://u:${oc.env:PGPASSWORD}@h/db",
    "http://${oc.env:LOGIN}@h:5000",
    "postgresql://${oc.env:PGUSER}:${oc.env:PGPASSWORD}@h/db",
    "search_space.units={low: 8, high: 64}",
    "Access denied for user 'u'@'h' (using password: YES)",
    "SELECT key, token FROM t WHERE key='x'",
    "http://127.0.0.1:5000/#/experiments?workflowType=machine_learning&viewStateShareKey=seqsweep",
    "max_tokens=5 tokens=3",
    "for secrets: it is said; the token: x",
    "a%20file.csv at 50% of 100%25",
    "me@example.org, 12:30",
]


@pytest.mark.parametrize("text", BY_PLACE)
def test_a_secret_is_hidden_by_where_it_stands(text):
    assert redacted(text) == BY_PLACE[text]
    assert redacted(redacted(text)) == redacted(text)


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_no_secret_is_left_alone(text):
    assert redacted(text) == text


ADDRESSES = {
    "postgresql://u:hunt%40er2@h/db": {"hunt%40er2", "hunt@er2"},
    "postgresql://u:p?w@x#y@h/db": {"p?w", "p?w@x#y"},  # whichever the driver takes
    "postgresql://u:two words'1@h/db": {"two words'1"},
    "postgresql://h/db?password=a'b c&token=t0": {"a'b c", "t0"},
    "data.url=postgresql://h/db?user=u&password=pw": {"pw"},
    "mssql+pyodbc:///?odbc_connect=UID%3Dme%3BPWD%3Dhunter2": {"hunter2"},
    "postgresql://mlflow:mlflow@db/mlflow": set(),  # hidden where it stands; elsewhere it is the name of much else
    "postgresql://u:${oc.env:PW}@h/db": set(),
    "http://${oc.env:LOGIN}@h:5000": set(),
    "https://ghp-0123@github.com/x?a@b": {"ghp-0123"},
    "sqlite:///shop.db": set(),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_tells_its_secrets(address):
    assert secrets_of(address) == ADDRESSES[address]


def test_a_secret_that_is_known_is_hidden_however_it_is_spelt():
    remember("postgresql://u:hunt%40er<2>%22@h/db")
    for form in ('hunt@er<2>"', "hunt%40er%3C2%3E%22", "hunt%40er%3c2%3e%22", "hunt@er&lt;2&gt;&quot;"):
        assert redacted(f"login with {form}failed") == "login with ***failed"
    assert redacted(json.dumps(['hunt@er<2>"'])) == '["***"]'


def test_a_secret_that_may_be_a_word_is_hidden_in_texts_about_its_address_alone():
    address = "postgresql://u:test@h/db"
    remember(address)
    assert redacted("On the test part, u of latest") == "On the test part, u of latest"
    assert redacted("u may not log in with test, latest: h", address) == "u may not log in with ***, latest: h"
    assert redacted(f"cannot reach {address}") == "cannot reach postgresql://u:***@h/db"


def test_a_variable_of_the_environment_is_a_secret_where_its_name_or_its_place_says_so():
    remember_variable("SHOP_TOKEN", "tok-123456")
    remember_variable("SHOP_URL", "postgresql://u:hunter-2@h/db")
    remember_variable("HOME", "/home/someone1")
    assert redacted("tok-123456 hunter-2 /home/someone1") == "*** *** /home/someone1"


SIGNS = string.ascii_letters + string.digits + "!$%^&*()-_=+[]{};:'\",.<>/?\\|`~@# é"


@pytest.mark.parametrize("number", range(40))
def test_no_part_of_any_password_is_told_of_an_address_that_is_known(number):
    draw = random.Random(number)
    password = "".join(draw.choices(SIGNS, k=draw.randint(8, 20)))
    odbc = quote_plus(f"DRIVER={{x}};UID=me;PWD={{{password.replace('}', '}}')}}};X=1")
    addresses = [
        f"postgresql://me:{quote(password, safe='')}@host:5432/db",
        f"postgresql://me:{password}@host:5432/db",
        f"postgresql://host/db?user=me&password={quote_plus(password)}&x=1",
        f"mssql+pyodbc:///?odbc_connect={odbc}",
    ]
    for address in addresses:
        assert not told(password, redacted(f"{address} is away", address))
        assert not told(password, command(["seqsweep", "sweep", f"data.url='{address}'"]))
        remember(address)
        for words in (address, password, quote(password, safe=""), json.dumps(password), repr(password)):
            assert not told(password, redacted(f"cannot use {words}, of host"))


def told(password: str, text: str) -> bool:
    """Whether five signs in a row of a password stand in a text."""
    parts = {password[i : i + 5] for i in range(len(password) - 4)}
    return any(part in text or quote(part, safe="") in text for part in parts)


@pytest.mark.parametrize(
    "word", ["x", "://", "://x:", "a:b@", "%41", "=pass-", "?password={", "password='", "http://a"]
)
def test_a_long_text_takes_no_more_than_its_length(word):
    text = word * (30_000 // len(word))
    began = time.process_time()
    redacted(f"a={text}")
    assert time.process_time() - began < 2  # seconds; what tries each end from each begin takes minutes


def test_an_error_for_the_user_is_told_and_carried_on_without_secrets():
    text = "postgresql://u:hunter2@h/db is away"
    assert str(StateError(text)) == "postgresql://u:***@h/db is away"
    told = ConfigError([Fault("data.url", text), text])
    assert "hunter2" not in str(told) + repr(told.faults)
    assert told.faults[0].key == "data.url"


def test_whatever_is_written_to_the_terminal_passes_through(monkeypatch):
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with redacted_output():
        print("a://u:hunter2@h")
        print("PWD=hunter2", file=sys.stderr)
        sys.stdout.writelines(["b://u:hunter2@h\n"])
        assert not sys.stdout.isatty()
    assert sys.stdout is out
    assert out.getvalue() == "a://u:***@h\nb://u:***@h\n"
    assert err.getvalue() == "PWD=***\n"
