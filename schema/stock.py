"""Stock: what visitors are told, and what staff see."""

import strawberry

import models
from domain import stock
from schema.declare import column, table

StockStatus = strawberry.enum(stock.StockStatus, description="What a shop window says about stock.")


@table(models.StockLevel, "The units of one variant.")
class StockLevel:
    """Exact numbers."""

    quantity: int = column("The units in the house.")
    reserved: int = column("The units promised to orders that are not sent yet.")
    minimum_level: int = column("Below this number stock is low.")
