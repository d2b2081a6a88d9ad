"""What permitted staff does to stock."""

import strawberry

from auth.permissions import Permission
from resolvers import stock
from schema.declare import mutation
from schema.stock_changes import (
    CorrectStockInput,
    CorrectStockResult,
    ReceiveStockInput,
    ReceiveStockResult,
    SetStockRulesInput,
    SetStockRulesResult,
)


@strawberry.type
class StockMutations:
    """Fields of the root of changes."""

    receive_stock: ReceiveStockResult | None = mutation(
        stock.receive_stock,
        "Add units that came into the house.",
        input=ReceiveStockInput,
        requires=Permission.STOCK_WRITE,
    )
    correct_stock: CorrectStockResult | None = mutation(
        stock.correct_stock,
        "Set the units in the house to what was counted.",
        input=CorrectStockInput,
        requires=Permission.STOCK_WRITE,
    )
    set_stock_rules: SetStockRulesResult | None = mutation(
        stock.set_stock_rules,
        "Say below which level stock is low, and whether orders may wait for units.",
        input=SetStockRulesInput,
        requires=Permission.STOCK_WRITE,
    )
