"""Two kinds of import-linter contract for pyproject.toml: what a package may import, and who may import a library."""

from __future__ import annotations

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def _names(field: fields.SetField) -> frozenset[str]:
    """Return what pyproject.toml says: on an instance a field stands for its value."""
    return frozenset(cast("set[str]", field))


def _within(module: str, packages: frozenset[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


class _DirectImports(Contract):
    """Judges each direct import by itself: an import that reaches a library over several steps is the last step's."""

    def unwanted(self, graph: ImportGraph) -> list[tuple[str, str]]:
        """Return ``(importer, imported)`` pairs that break the contract."""
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        pairs = sorted(self.unwanted(graph))
        return ContractCheck(kept=not pairs, metadata={"pairs": pairs})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["pairs"]:
            output.print_error(f"{importer} imports {imported}")


class AllowedContract(_DirectImports):
    """Modules below ``source_modules`` import nothing but modules below ``allowed_modules``."""

    source_modules = fields.SetField(subfield=fields.StringField())
    allowed_modules = fields.SetField(subfield=fields.StringField())

    def unwanted(self, graph: ImportGraph) -> list[tuple[str, str]]:
        sources, allowed = _names(self.source_modules), _names(self.allowed_modules)
        return [
            (importer, imported)
            for importer in graph.modules
            if _within(importer, sources)
            for imported in graph.find_modules_directly_imported_by(importer)
            if not _within(imported, allowed)
        ]


class ConfinedContract(_DirectImports):
    """Only modules below ``importers`` import ``libraries``."""

    libraries = fields.SetField(subfield=fields.StringField())
    importers = fields.SetField(subfield=fields.StringField())

    def unwanted(self, graph: ImportGraph) -> list[tuple[str, str]]:
        importers = _names(self.importers)
        return [
            (importer, library)
            for library in _names(self.libraries)
            if library in graph.modules
            for importer in graph.find_modules_that_directly_import(library)
            if not _within(importer, importers)
        ]
