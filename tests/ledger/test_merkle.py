"""The tree: published vectors, every small world, every one-bit change."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ledger.merkle import (
    EMPTY_ROOT,
    append_leaf,
    consistency_proof,
    fold_peaks,
    inclusion_proof,
    is_subtree,
    leaf_hash,
    list_reader,
    peak_places,
    root_of,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
)
from tests.ledger.vectors import folder

WORDS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
LEAVES = [leaf_hash(bytes.fromhex(word)) for word in WORDS]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MANY = [leaf_hash(bytes([number])) for number in range(64)]


def test_roots_are_those_of_rfc_6962() -> None:
    assert [root_of(LEAVES[:size]).hex() for size in range(9)] == ROOTS


PROOFS = {
    "inclusion of 0 in 8": (inclusion_proof(0, 8, list_reader(LEAVES)), "96a296d2 5f083f0a 6b47aaf2"),
    "inclusion of 5 in 8": (inclusion_proof(5, 8, list_reader(LEAVES)), "bc1a0643 ca854ea1 d37ee418"),
    "inclusion of 2 in 3": (inclusion_proof(2, 3, list_reader(LEAVES)), "fac54203"),
    "inclusion of 1 in 5": (inclusion_proof(1, 5, list_reader(LEAVES)), "6e340b9c 5f083f0a bc1a0643"),
    "consistency of 1 with 8": (consistency_proof(1, 8, list_reader(LEAVES)), "96a296d2 5f083f0a 6b47aaf2"),
    "consistency of 6 with 8": (consistency_proof(6, 8, list_reader(LEAVES)), "0ebc5d34 ca854ea1 d37ee418"),
    "consistency of 2 with 5": (consistency_proof(2, 5, list_reader(LEAVES)), "5f083f0a bc1a0643"),
    "consistency of 7 with 8": (
        consistency_proof(7, 8, list_reader(LEAVES)),
        "b08693ec 46f6ffad 0ebc5d34 d37ee418",
    ),
}


@pytest.mark.parametrize(("proof", "wanted"), PROOFS.values(), ids=PROOFS.keys())
def test_a_proof_is_the_published_one_for(proof: list[bytes], wanted: str) -> None:
    assert " ".join(value.hex()[:8] for value in proof) == wanted


def _flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_every_leaf_of_every_size_is_included_and_nothing_else() -> None:
    for size in range(1, 65):
        root, read = root_of(MANY[:size]), list_reader(MANY[:size])
        for index in range(size):
            proof, leaf = inclusion_proof(index, size, read), MANY[index]
            assert verify_inclusion(leaf, index, size, proof, root)
            assert not verify_inclusion(leaf, index, size, [*proof, EMPTY_ROOT], root)
            assert not proof or not verify_inclusion(leaf, index, size, proof[:-1], root)
            assert not verify_inclusion(leaf, size, size, proof, root)
            bit = (size * 7 + index * 13) % 256
            assert not verify_inclusion(_flipped(leaf, bit), index, size, proof, root)
            assert not verify_inclusion(leaf, index, size, proof, _flipped(root, bit))
            for place in range(len(proof)):
                changed = [*proof[:place], _flipped(proof[place], bit), *proof[place + 1 :]]
                assert not verify_inclusion(leaf, index, size, changed, root)


@pytest.mark.parametrize("size", [1, 2, 5, 8, 13])
def test_every_one_bit_change_breaks_an_inclusion_proof(size: int) -> None:
    root, index = root_of(MANY[:size]), size * 2 // 3
    proof, leaf = inclusion_proof(index, size, list_reader(MANY[:size])), MANY[index]
    for bit in range(256):
        assert not verify_inclusion(_flipped(leaf, bit), index, size, proof, root)
        assert not verify_inclusion(leaf, index, size, proof, _flipped(root, bit))
        for place in range(len(proof)):
            changed = [*proof[:place], _flipped(proof[place], bit), *proof[place + 1 :]]
            assert not verify_inclusion(leaf, index, size, changed, root)


def test_every_two_sizes_are_consistent_and_nothing_else() -> None:
    roots = [root_of(MANY[:size]) for size in range(65)]
    for new in range(1, 65):
        read = list_reader(MANY[:new])
        for old in range(1, new + 1):
            proof = consistency_proof(old, new, read)
            assert verify_consistency(old, new, proof, roots[old], roots[new])
            assert not verify_consistency(old, new, [*proof, EMPTY_ROOT], roots[old], roots[new])
            assert not proof or not verify_consistency(old, new, proof[:-1], roots[old], roots[new])
            bit = (old * 11 + new * 5) % 256
            assert not verify_consistency(old, new, proof, _flipped(roots[old], bit), roots[new])
            assert not verify_consistency(old, new, proof, roots[old], _flipped(roots[new], bit))
            for place in range(len(proof)):
                changed = [*proof[:place], _flipped(proof[place], bit), *proof[place + 1 :]]
                assert not verify_consistency(old, new, changed, roots[old], roots[new])


def test_what_is_appended_is_what_was_built_at_once() -> None:
    peaks: list[bytes] = []
    nodes: dict[tuple[int, int], bytes] = {}
    for size, leaf in enumerate(MANY):
        for level, k, value in append_leaf(size, peaks, leaf):
            assert (level, k) not in nodes, "a node is written once"
            nodes[level, k] = value
        assert fold_peaks(peaks) == root_of(MANY[: size + 1])
        assert [nodes[place] for place in peak_places(size + 1)] == peaks
        index = size * 3 // 4
        stored = inclusion_proof(index, size + 1, lambda level, k: nodes[level, k])
        assert stored == inclusion_proof(index, size + 1, list_reader(MANY))
    assert fold_peaks([]) == EMPTY_ROOT


def test_no_proof_is_made_for_what_is_not_there() -> None:
    for index, size in ((0, 0), (1, 1), (-1, 4)):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_proof(index, size, list_reader(MANY))
    with pytest.raises(ValueError, match="no such sizes"):
        consistency_proof(5, 4, list_reader(MANY))


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _verdict(kind: str, case: dict[str, Any]) -> bool:
    proof = [_bytes(value) for value in case["proof"] or []]
    if kind == "inclusion":
        place = (case["leafIdx"], case["treeSize"])
        return verify_inclusion(_bytes(case["leafHash"]), *place, proof, _bytes(case["root"]))
    if kind == "subtreeinclusion":
        start, end = case["start"], case["end"]
        index, root = case["leafIdx"] - start, _bytes(case["root"])
        return is_subtree(start, end) and verify_inclusion(
            _bytes(case["leafHash"]), index, end - start, proof, root
        )
    roots = (_bytes(case["root1"]), _bytes(case["root2"]))
    if kind == "consistency":
        return verify_consistency(case["size1"], case["size2"], proof, *roots)
    return verify_subtree_consistency(case["start"], case["end"], case["size"], proof, *roots)


def test_all_shared_proof_vectors_agree() -> None:
    top = folder("vectors", "rfc6962-merkle")
    files = sorted(top.rglob("*.json"))
    assert len(files) == 310
    for file in files:
        case = json.loads(file.read_text())
        kind = file.relative_to(top).parts[0]
        assert _verdict(kind, case) is not case["wantErr"], file.relative_to(top)
