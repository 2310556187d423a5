"""The two kinds of contract that hold the layers must themselves be able to fail."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract

from tests.setup.import_contracts import AllowedContract, ConfinedContract


def graph_of(*imports: tuple[str, str]) -> ImportGraph:
    graph = ImportGraph()
    for importer, imported in imports:
        for module in (importer, imported):
            graph.add_module(module)
        graph.add_import(importer=importer, imported=imported)
    return graph


def broken_by(contract: Contract, graph: ImportGraph) -> list[tuple[str, str]]:
    check = contract.check(graph, verbose=False)
    pairs: list[tuple[str, str]] = check.metadata["pairs"]
    assert check.kept == (not pairs)
    return pairs


def test_allowed_reports_every_import_that_is_not_on_the_list() -> None:
    contract = AllowedContract(
        "core", {}, {"source_modules": ["house.core"], "allowed_modules": ["house.core", "numpy"]}
    )
    graph = graph_of(
        ("house.core.vision", "numpy"),
        ("house.core.vision", "house.core.types"),
        ("house.core.alarm", "logging"),
        ("house.core", "house.corelib"),
        ("house.web", "logging"),
    )
    assert broken_by(contract, graph) == [("house.core", "house.corelib"), ("house.core.alarm", "logging")]


def test_confined_reports_an_import_outside_the_importers_only() -> None:
    contract = ConfinedContract("store", {}, {"libraries": ["sqlite3", "absent"], "importers": ["house.store"]})
    graph = graph_of(
        ("house.store.events", "sqlite3"),
        ("house.web", "house.store.events"),
        ("house.stored", "sqlite3"),
    )
    assert broken_by(contract, graph) == [("house.stored", "sqlite3")]
