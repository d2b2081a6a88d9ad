import gc, warnings, collections, traceback, tracemalloc
import pytest
from tests.resolvers.test_reading import *
from tests.resolvers.test_reading import shop_url, narrow
for n in list(globals()):
    if n.startswith("test_"): del globals()[n]
@pytest.mark.filterwarnings("default")
async def test_again(narrow):
    tracemalloc.start(12)
    query = "{ bad: products(first: 101) { totalCount } " + BROAD.strip()[1:]
    late = BROAD.strip()[:-1] + " bad: products(first: 101) { nodes { id } } }"
    deep = (
        '{ categories { nodes { id products { nodes { id reviews(after: "x") { nodes { id } } } } } } '
        + BROAD.strip()[1:]
    )
    deep2 = '{ bad: categories { nodes { id products { nodes { id reviews(after: "x") { nodes { id } } } } } } ' + BROAD.strip()[1:]
    gc.collect()
    for name, d in dict(query=query, late=late, deep=deep, deep2=deep2).items():
        hits = collections.Counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for i in range(60):
                b = await run(narrow, d)
                assert {e["extensions"]["code"] for e in b["errors"]}=={"BAD_USER_INPUT"}
            gc.collect()
        for w in caught:
            hits[str(w.message)[:100]] += 1
        print("\n##", name, dict(hits))
        for w in caught[:1]:
            if w.source is not None:
                tb = tracemalloc.get_object_traceback(w.source)
                print("\n".join(tb.format()) if tb else None)
