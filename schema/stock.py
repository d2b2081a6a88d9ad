"""Stock: what visitors are told, and what staff see."""

import models
from schema.declare import column, table


@table(models.StockLevel, "The units of one variant.")
class StockLevel:
    """Exact numbers."""

    quantity: int = column("The units in the house.")
    reserved: int = column("The units promised to orders that are not sent yet.")
    minimum_level: int = column("Below this number stock is low.")
