"""Pictures as SVG, made of text alone: what the report and notebooks show."""

from barhouse.drawing.candles import Candle, Line, Panel, candle_chart
from barhouse.drawing.elements import Picture, Svg
from barhouse.drawing.heat import Cell, HeatMap, heat_map

__all__ = [
    "Candle",
    "Cell",
    "HeatMap",
    "Line",
    "Panel",
    "Picture",
    "Svg",
    "candle_chart",
    "heat_map",
]
