"""The server's settings: sexton.yaml, every key also as SEXTON_SECTION__KEY, secrets from the environment or from files only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as Unparsable

from api.settings_forge import OIDC, GitHub, Pipeline
from api.settings_text import AccountIds, Names, Span, later, place, read_yaml, role_name, sentence_of, signers
from engine.model import Mode

FILE = "sexton.yaml"

ALSO = {"SEXTON_GCP_ENDPOINT": ("gcp", "endpoint")}
"""Environment variables with a name of their own, as the clouds' own tools read theirs."""

PEOPLE = frozenset({"SEXTON_URL", "SEXTON_TOKEN", "SEXTON_DEBUG"})
"""Variables that are no settings of the server."""

SECRETS = (("policies", "token"), ("slack", "token"), ("slack", "signing_secret"), ("aws", "external_id"), ("github", "token"))
"""Keys that may not stand in sexton.yaml: a file in git is no place for them."""


class SettingsProblem(Exception):
    """The settings do not hold together. The text is one sentence: which key, what is wrong, what to write."""


class Section(BaseModel):
    """A part of the settings: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AllowedSigners(Section):
    """Who may sign policies: people, or the forge that merges. `ssh`: an OpenSSH allowed-signers file; `gpg`: exported keys."""

    trust: Literal["people", "forge"] = "people"
    ssh: Path | None = None
    gpg: Path | None = None
    fingerprints: Annotated[Names, NoDecode] = ()

    @field_validator("fingerprints")
    @classmethod
    def _plain(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        """As gpg writes them to machines, without the blanks for people."""
        return tuple("".join(value.replace(":", "").split()).upper() for value in values)


class Policies(Section):
    """Which branch of which repository is in force, how often it is asked, and who must have signed its commits."""

    repository: str = "."
    branch: str = "main"
    path: str = "policies"
    poll: Span = timedelta(seconds=60)
    token: SecretStr | None = None
    token_file: Path | None = None
    cache_dir: Path = Path(".sexton/git")
    allowed_signers: Annotated[AllowedSigners | None, NoDecode, BeforeValidator(signers)] = None


class AWS(Section):
    """Which AWS accounts and regions, and the role to take there."""

    accounts: Annotated[Literal["caller", "organization"] | AccountIds, NoDecode] = "caller"
    role: Annotated[str, AfterValidator(role_name)] = "sexton-{role}"
    external_id: SecretStr | None = None
    external_id_file: Path | None = None
    regions: Annotated[Literal["enabled"] | Names, NoDecode] = "enabled"


class GCP(Section):
    """Which projects, folders and organizations; another endpoint than Google's own; each role's service account (`{role}`)."""

    projects: Annotated[Names, NoDecode] = ()
    endpoint: str | None = None
    impersonate: str | None = None


class Inventory(Section):
    """Where snapshots are kept, how often one is taken, and for how long one a day stays."""

    store: str = ".sexton/inventory"
    every: Span = timedelta(hours=1)
    keep_daily: Span = timedelta(days=400)


class Terraform(Section):
    """State files that say what Terraform manages, only read: files, folders, patterns, s3:// and gs:// addresses."""

    states: Annotated[Names, NoDecode] = ()


class Ledger(Section):
    """The database of cases. An address with a password comes from the environment or from `url_file`."""

    url: SecretStr = SecretStr("sqlite:///.sexton/ledger.db")
    url_file: Path | None = None


class Freeze(Section):
    """A file that halts every act by being there; its text is the reason."""

    file: Path = Path(".sexton/FREEZE")


class Audit(Section):
    """Where the head of the audit trail is kept, and how often: a file, best on another disk than the ledger's, or
    s3://BUCKET/PREFIX on a bucket with object lock, where each head is locked for `locked`."""

    head: Annotated[Path | str | None, BeforeValidator(place)] = None
    every: Span = timedelta(hours=1)
    locked: Span = timedelta(days=400)


class Slack(Section):
    """Where notices go. Without a token they are printed, and nothing goes beyond observe."""

    token: SecretStr | None = None
    token_file: Path | None = None
    signing_secret: SecretStr | None = None
    signing_secret_file: Path | None = None
    base_url: str = "https://slack.com/api/"


class Serve(Section):
    """Where the API listens, and the address that people reach it by."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str | None = None

    @property
    def url(self) -> str:
        """The address for links in notices."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class Auth(Section):
    """The identity provider whose ID tokens people may sign in with, and pipelines that may ask what a change would do."""

    pipelines: tuple[Pipeline, ...] = ()
    oidc: OIDC | None = None


class Settings(BaseSettings):
    """All settings, with their defaults."""

    model_config = SettingsConfigDict(env_prefix="SEXTON_", env_nested_delimiter="__", extra="forbid", frozen=True)

    policies: Policies = Policies()
    aws: AWS = AWS()
    gcp: GCP = GCP()
    inventory: Inventory = Inventory()
    terraform: Terraform = Terraform()
    ledger: Ledger = Ledger()
    freeze: Freeze = Freeze()
    audit: Audit = Audit()
    slack: Slack = Slack()
    serve: Serve = Serve()
    auth: Auth = Auth()
    github: GitHub = GitHub()
    mode: Mode = Mode.OBSERVE
    ceilings: Annotated[None, BeforeValidator(later("ceilings are not applied yet; write them in the Organization"))] = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - a .env file is not read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - secrets come from the `*_file` keys
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file, and nothing else is read."""
        return env_settings, init_settings


def load(path: Path | None = None) -> Settings:
    """The settings of a file (sexton.yaml here, where there is one) and the environment. SettingsProblem says what is wrong."""
    if path is not None and not path.is_file():
        raise SettingsProblem(f"There is no settings file {path}.")
    file = path or Path(FILE)
    written = read_yaml(file, SettingsProblem) if file.is_file() else {}
    problem = next(_unknown_variables(os.environ), None) or next(_secrets_in(written, file), None)
    if problem:
        raise SettingsProblem(problem)
    for variable, (section, key) in ALSO.items():
        if variable in os.environ and isinstance(written.get(section, {}), dict):
            written[section] = {**written.get(section, {}), key: os.environ[variable]}
    try:
        return _with_files(Settings(**written))
    except ValidationError as error:
        raise SettingsProblem(sentence_of(error, str(file), Settings)) from error
    except Unparsable as error:
        section = str(error).split('"')[1] if '"' in str(error) else "SECTION"
        raise SettingsProblem(
            f"SEXTON_{section.upper()} is a whole section: set its keys one by one, as SEXTON_{section.upper()}__KEY."
        ) from error


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """A mistyped variable would silently leave a default in force."""
    for name in sorted(environment):
        known = name in ALSO or name in PEOPLE or not name.startswith("SEXTON_") or name.startswith("SEXTON_TEST_")
        if not known and name.removeprefix("SEXTON_").split("__")[0].lower() not in Settings.model_fields:
            yield f"The environment variable {name} is no setting: they are named SEXTON_SECTION__KEY, as SEXTON_SERVE__PORT."


def _secrets_in(written: Mapping[str, Any], file: Path) -> Iterator[str]:
    for section, key in SECRETS:
        inside = written.get(section)
        if isinstance(inside, Mapping) and inside.get(key) is not None:
            variable = f"SEXTON_{section}__{key}".upper()
            yield f"{file}: {section}.{key} is a secret: keep it out of this file and set {variable} or {section}.{key}_file."
    url = written["ledger"].get("url") if isinstance(written.get("ledger"), Mapping) else None
    if isinstance(url, str) and "@" in url and ":" in url.split("://", 1)[-1].split("@", 1)[0]:
        yield f"{file}: ledger.url holds a password: keep it out of this file and set SEXTON_LEDGER__URL or ledger.url_file."
    address = written["policies"].get("repository") if isinstance(written.get("policies"), Mapping) else None
    if isinstance(address, str) and address.startswith("http") and "@" in address.split("://", 1)[-1].split("/", 1)[0]:
        yield f"{file}: policies.repository holds credentials: take them out, set SEXTON_POLICIES__TOKEN or policies.token_file."


def _with_files(settings: Settings) -> Settings:
    """The contents of the `*_file` keys, put where they belong."""
    changed: dict[str, BaseModel] = {}
    for name in ("policies", "aws", "ledger", "slack", "github"):
        section: BaseModel = getattr(settings, name)
        files = {key: value for key, value in section if key.endswith("_file") and value is not None}
        contents = {key.removesuffix("_file"): SecretStr(_read_secret(f"{name}.{key}", value)) for key, value in files.items()}
        if contents:
            changed[name] = section.model_copy(update=contents)
    return settings.model_copy(update=changed) if changed else settings


def _read_secret(key: str, file: Path) -> str:
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsProblem(f"{key}: cannot read {file} ({why}).") from error
    if not secret:
        raise SettingsProblem(f"{key}: {file} is empty.")
    return secret
