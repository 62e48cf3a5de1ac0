"""Files to drafts: which files are documents, which kind each is, and what of it has the right shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from posixpath import commonpath, dirname, isabs, join, normpath
from typing import Any

from engine.documents import BUILDERS
from engine.documents.draft import Draft
from engine.documents.known import Known
from engine.documents.shape import pruned, wrongs
from engine.problem import Problem, Severity
from engine.strict_yaml import Document, YAMLError, read
from engine.suggest import did_you_mean

ENDINGS = (".yaml", ".yml")
TEST_ENDINGS = (".test.yaml", ".test.yml")
SETTINGS = ("sexton.yaml", "sexton.yml")
"""The server's settings, which may lie beside the policies."""

NOTHING = "none of these files can be a policy document: those end in .yaml or .yml and are not hidden"


def documents_of(files: Mapping[str, str], problems: list[Problem], known: Known) -> list[Draft]:
    """A draft for each document, by path. Hidden folders, settings and Backstage catalogs hold none."""
    found: list[Problem] = []
    root = root_of(files)
    paths = [path for path in sorted(files) if _is_document(_below_root(path, root))]
    read_files = {path: known.source(path, files[path], found, partial(_read, path, files[path], found)) for path in paths}
    if files and not read_files:
        problems.append(Problem("", 1, 1, Severity.ERROR, "documents", NOTHING, "name the folder that holds the policies"))
    catalogs = _catalogs(read_files, root)
    problems.extend(problem for problem in found if not _below(problem.file, catalogs))
    drafts = []
    for path, source in read_files.items():
        if source is None or _below(path, catalogs):
            continue
        draft = known.draft(path, source, problems, partial(_draft, path, source, problems))
        if draft is not None:
            drafts.append(draft)
    return drafts


def root_of(paths: Iterable[str]) -> str:
    """The folder that all files lie in: paths may come from the root of a repository, or from that of the machine."""
    folders = {dirname(path) for path in paths}
    return commonpath(folders) if folders and len({isabs(folder) for folder in folders}) == 1 else ""


def _below_root(path: str, root: str) -> str:
    """A path from the root: where the repository itself lies hides nothing."""
    return path.removeprefix(f"{root.rstrip('/')}/") if root else path


def _is_document(path: str) -> bool:
    hidden = any(part.startswith(".") and part not in (".", "..") for part in path.split("/"))
    return path.endswith(ENDINGS) and path not in SETTINGS and not hidden


def _read(path: str, text: str, problems: list[Problem]) -> Document | None:
    try:
        source = read(text)
    except YAMLError as error:
        problems.extend(
            Problem(path, problem.place.line, problem.place.column, Severity.ERROR, "yaml", problem.message, problem.hint)
            for problem in error.problems
        )
        return None
    if source is None:
        problems.append(Problem(path, 1, 1, Severity.WARNING, "empty", "this file holds no document", "remove it"))
    return source


def _catalogs(sources: Mapping[str, Document | None], root: str) -> tuple[str, ...]:
    """The folders that an Ownership reads Backstage catalogs from: their YAML is not ours."""
    folders: list[str] = []
    for path, source in sources.items():
        data = source.data if source is not None else None
        if not isinstance(data, dict) or data.get("kind") != "Ownership" or not isinstance(data.get("spec"), dict):
            continue
        places = data["spec"].get("from")
        for place in places if isinstance(places, list) else ():
            folder = place.get("backstage") if isinstance(place, dict) else None
            if isinstance(folder, str) and folder.strip("./"):
                folders += [normpath(join(dirname(path), folder)), normpath(join(root, folder))]
    return tuple(f"{folder}/" for folder in folders)


def _below(path: str, folders: Sequence[str]) -> bool:
    return path.startswith(tuple(folders))


def _draft(path: str, source: Document, problems: list[Problem]) -> Draft | None:
    """A draft without what is misshapen in it, which is told; None where nobody can say what kind it is."""
    draft = Draft(file=path, kind="", source=source, data={}, problems=problems)
    kind = _kind(draft, source.data)
    if kind is None:
        return None
    faults = wrongs(kind, source.data)
    for fault in faults:
        place = source.key(fault.path) if fault.on_key else source.value(fault.path)
        draft.problem(fault.code, place, fault.message, fault.hint)
    _check_ending(draft, kind)
    draft.kind, draft.data = kind, pruned(source.data, faults)
    draft.shapely = not faults or not wrongs(kind, draft.data)
    return draft


def _kind(draft: Draft, data: Any) -> str | None:
    if not isinstance(data, dict) or not {"apiVersion", "kind"} & set(data):
        message = "this is no Sexton document: it has neither apiVersion nor kind"
        draft.error("schema", (), message, "begin it with apiVersion: sexton/v1, or keep the file elsewhere")
        return None
    kind = data.get("kind")
    if isinstance(kind, str) and kind in BUILDERS:
        return kind
    if "kind" not in data:
        draft.error("schema", (), "the document has no 'kind'", f"add one of {', '.join(BUILDERS)}")
    else:
        hint = did_you_mean(str(kind), BUILDERS) or f"it is one of {', '.join(BUILDERS)}"
        draft.error("schema", ("kind",), f"there is no kind of document {kind!r}", hint)
    return None


def _check_ending(draft: Draft, kind: str) -> None:
    is_test = draft.file.endswith(TEST_ENDINGS)
    if is_test and kind != "PolicyTest":
        draft.error("schema", ("kind",), f"a file *.test.yaml holds a PolicyTest, not a {kind}", "rename the file")
    elif kind == "PolicyTest" and not is_test:
        draft.error("schema", ("kind",), "`sexton test` only reads files *.test.yaml", "rename the file")
