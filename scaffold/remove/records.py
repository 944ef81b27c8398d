"""Whether a collection lists things of one kind, or describes one thing by its parts."""

import libcst as cst

from scaffold.remove.syntax import Source, name_of


def is_record(source: Source, collection: cst.CSTNode, *, is_text: bool) -> bool:
    """Would the collection be wrong without one of its elements?"""
    around = source.parent(collection)
    match collection, around:
        case cst.Tuple(), cst.Element() | cst.DictElement():
            return True
        case cst.List(), cst.Element():
            return is_text
        case cst.Tuple(), cst.Return() | cst.Yield() | cst.Comparison() | cst.Index():
            return True
        case cst.Tuple(), cst.Assign():
            return _is_member(source, around)
        case cst.Tuple(), cst.ComparisonTarget(operator=cst.In() | cst.NotIn()):
            return False
        case cst.Tuple() | cst.List(), cst.ComparisonTarget():
            return True
        case _:
            return False


def _is_member(source: Source, assign: cst.CSTNode) -> bool:
    """Is it a member of an enum, or does it unpack what is on its right?"""
    if isinstance(assign, cst.Assign) and isinstance(assign.targets[0].target, cst.Tuple):
        return True
    owner = source.nearest(assign, cst.ClassDef)
    return owner is not None and any(name_of(base.value).endswith("Enum") for base in owner.bases)


def is_registry(mapping: cst.Dict) -> bool:
    """Has each entry a value that is a mapping, a call or a name: one thing each?"""
    values = [each.value for each in mapping.elements]
    kinds = {type(each) for each in values}
    if len(values) == 1 or len(kinds) > 1:
        return False
    return not isinstance(values[0], cst.BaseString | cst.List)
