"""Settings come from the environment, once, and say what is wrong with it."""

import pytest

from service.errors import SetupError
from service.settings import Settings


def test_the_defaults_need_no_environment() -> None:
    assert Settings.from_env({}) == Settings()


def test_values_are_read() -> None:
    settings = Settings.from_env(
        {"COLOPHON_PORT": "9000", "COLOPHON_GRAPHIQL": "off", "COLOPHON_CORS_ORIGINS": "https://a.org, https://b.org"}
    )
    assert (settings.port, settings.graphiql) == (9000, False)
    assert settings.cors_origins == ("https://a.org", "https://b.org")


def test_an_empty_list_is_a_value_and_an_empty_number_is_none() -> None:
    settings = Settings.from_env({"COLOPHON_CORS_ORIGINS": "", "COLOPHON_PORT": ""})
    assert settings.cors_origins == ()
    assert settings.port == Settings().port


@pytest.mark.parametrize(
    "environ",
    [{"COLOPHON_PORT": "70000"}, {"COLOPHON_PORT": "http"}, {"COLOPHON_GRAPHIQL": "perhaps"},
     {"COLOPHON_STATEMENT_TIMEOUT": "nan"}, {"COLOPHON_LOG_LEVEL": "loud"}, {"COLOPHON_PROT": "1"}],
)  # fmt: skip
def test_a_wrong_value_names_its_variable(environ: dict[str, str]) -> None:
    with pytest.raises(SetupError, match=next(iter(environ))):
        Settings.from_env(environ)


def test_the_password_is_never_shown() -> None:
    with pytest.raises(SetupError) as caught:
        Settings.from_env({"DATABASE_URL": "mysql://u:hunter2@h/d"})
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(Settings.from_env({"DATABASE_URL": "postgresql://u:hunter2@h/d"}))
