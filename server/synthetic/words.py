"""The words that synthetic data is made of."""

# ruff: noqa: SIM905 - words in a line are easier to read and to add to than quoted ones

from collections.abc import Mapping
from types import MappingProxyType

DEPARTMENTS: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "Home": {
            "Living Room": {
                "Seating": ("Armchair", "Footstool", "Reading Chair", "Bench"),
                "Lighting": ("Floor Lamp", "Table Lamp", "Wall Light", "Lantern"),
                "Shelving": ("Bookcase", "Wall Shelf", "Corner Shelf", "Magazine Rack"),
            },
            "Bedroom": {
                "Bedding": ("Duvet", "Pillow", "Blanket", "Mattress Cover"),
                "Storage": ("Wardrobe", "Drawer Chest", "Shoe Rack", "Laundry Basket"),
                "Mirrors": ("Standing Mirror", "Wall Mirror", "Shaving Mirror", "Hand Mirror"),
                "Curtains": ("Blackout Curtain", "Linen Curtain", "Roller Blind", "Curtain Rail"),
            },
        },
        "Kitchen": {
            "Cooking": {
                "Pots": ("Saucepan", "Stew Pot", "Frying Pan", "Injera Pan"),
                "Knives": ("Bread Knife", "Paring Knife", "Cleaver", "Knife Block"),
                "Baking": ("Cake Tin", "Mixing Bowl", "Rolling Pin", "Cooling Rack"),
            },
            "Table": {
                "Coffee": ("Coffee Pot", "Coffee Grinder", "Cup Set", "Roasting Pan"),
                "Glasses": ("Water Glass", "Juice Jug", "Carafe", "Tumbler"),
                "Plates": ("Dinner Plate", "Soup Bowl", "Serving Dish", "Fruit Bowl"),
                "Textiles": ("Tablecloth", "Napkin Set", "Tea Towel", "Oven Glove"),
            },
        },
        "Office": {
            "Furniture": {
                "Desks": ("Standing Desk", "Writing Desk", "Corner Desk", "Folding Desk"),
                "Chairs": ("Swivel Chair", "Visitor Chair", "Saddle Stool", "Meeting Chair"),
                "Cabinets": ("Filing Cabinet", "Key Cabinet", "Rolling Cabinet", "Locker"),
            },
            "Computing": {
                "Keyboards": ("Keyboard", "Number Pad", "Wrist Rest", "Key Cap Set"),
                "Networking": ("Switch", "Router", "Access Point", "Patch Panel"),
                "Power": ("Power Strip", "Battery Pack", "Wall Charger", "Surge Protector"),
                "Screens": ("Monitor", "Monitor Arm", "Projector", "Document Camera"),
            },
        },
        "Outdoors": {
            "Garden": {
                "Watering": ("Watering Can", "Garden Hose", "Sprinkler", "Rain Barrel"),
                "Tools": ("Spade", "Rake", "Pruning Shears", "Wheelbarrow"),
                "Planters": ("Flower Pot", "Hanging Basket", "Seed Tray", "Raised Bed"),
            },
            "Travel": {
                "Bags": ("Backpack", "Duffel Bag", "Suitcase", "Messenger Bag"),
                "Camping": ("Tent", "Sleeping Bag", "Camp Stove", "Head Torch"),
                "Bottles": ("Water Bottle", "Thermos Flask", "Drinking Cup", "Filter Jug"),
                "Cycling": ("Bicycle Pump", "Helmet", "Pannier", "Bicycle Lock"),
            },
        },
        "Workshop": {
            "Hand Tools": {
                "Hammers": ("Claw Hammer", "Mallet", "Sledgehammer", "Nail Puller"),
                "Screwdrivers": ("Screwdriver Set", "Bit Set", "Torque Driver", "Hex Key Set"),
                "Measuring": ("Tape Measure", "Spirit Level", "Caliper", "Folding Rule"),
            },
            "Machines": {
                "Drills": ("Cordless Drill", "Hammer Drill", "Drill Stand", "Drill Bit Set"),
                "Saws": ("Circular Saw", "Jigsaw", "Mitre Saw", "Saw Horse"),
                "Sanding": ("Belt Sander", "Palm Sander", "Bench Grinder", "Sanding Block"),
                "Welding": ("Welding Helmet", "Welding Gloves", "Soldering Iron", "Clamp Set"),
            },
        },
    }
)
"""Departments, their sections, the shelves of each, and what stands on them."""

ADJECTIVES = tuple(
    "Compact Sturdy Folding Slim Heavy-Duty Silent Classic Modern Rustic Portable Stackable Adjustable Everyday "
    "Professional Lightweight Oversized Pocket Family Studio Weatherproof Hand-Finished Polished Brushed Woven "
    "Modular Quick-Dry Insulated Reinforced Vintage Minimal".split()
)
MATERIALS = tuple(
    "Oak Bamboo Steel Aluminium Copper Ceramic Leather Cotton Linen Wool Glass Walnut Eucalyptus Rattan Felt Canvas "
    "Granite Enamel Brass Cork".split()
)
COLOURS = ("Natural", "Charcoal", "Highland Green", "Terracotta", "Sky Blue")
SIZES = ("Small", "Medium", "Large")
VENDORS = tuple(
    "Abay Akaki Bale Dashen Entoto Gelada Gotera Jimma Kibo Lalibela Menged Nefas Omo Simien Sheba Tana Walia "
    "Wenchi Yirga Zuma".split()
)
FIRST_NAMES = tuple(
    "Selam Dawit Hanna Yonas Meron Abel Tigist Yared Sara Bereket Mahlet Robel Eden Natnael Liya Samuel Ruth Kaleb "
    "Helen Elias Martha Henok Feven Biruk Saba Mikias Bethel Nahom Tsion Eyob Amina Kofi Wanjiru Juma Zawadi Omar "
    "Fatuma Ali Grace Peter".split()
)
LAST_NAMES = tuple(
    "Tadesse Bekele Girma Alemu Haile Tesfaye Lemma Mulugeta Negash Yohannes Tsegaye Kebede Desta Assefa Worku Abebe "
    "Getachew Mekonnen Fikre Demissie Wolde Ayele Shiferaw Gebre Zewde Hassan Mwangi Otieno Kamau Abdi Warsame "
    "Njoroge Mensah Osman Kariuki Ibrahim Achieng Ndlovu Banda Okello".split()
)
TAGS = tuple(
    "bestseller gift handmade recycled organic local imported limited premium budget seasonal new clearance fragile "
    "bulky refurbished waterproof wireless foldable washable".split()
)
PICTURES = ("accessories", "cakes", "cupcakes", "networking", "security", "servers", "software", "storage")
POST_SECTIONS = ("Advice", "Stories", "Makers", "News", "Care", "Trends")
JOB_TITLES = ("Editor", "Buyer", "Workshop Lead", "Product Tester", "Photographer")

PLACES = tuple(
    "small flat|busy kitchen|shared office|classroom|guest house|market stall|workshop|balcony|hotel lobby|clinic"
    "|café|village school|family home|warehouse|studio".split("|")
)
PEOPLE = tuple(
    "students|carpenters|hosts|parents|cooks|engineers|travellers|teachers|gardeners|nurses|tailors|shopkeepers"
    "|musicians|neighbours".split("|")
)
PARTS = tuple(
    "handle|frame|hinge|surface|lid|base|joint|strap|zip|seam|cable|lock|lining|edge|finish|spring".split("|")
)
MISHAPS = tuple(
    "spilled coffee|red dust|heavy rain|curious children|long journeys|daily washing|direct sun|careless movers"
    "|rough floors|power cuts|steam|a fall from the table".split("|")
)
SPANS = ("two winters", "a whole year", "ten thousand uses", "three house moves", "many seasons", "a long decade")

DESCRIPTIONS = (
    "The {material} {part} was drawn for {people} and shrugs off {mishap} without leaving a mark.",
    "It fits a {place} as well as a {place2}, and two {people} can carry it easily.",
    "Every {part} is checked by hand, because {mishap} will find the weakest {part2} first.",
    "Our workshop tested the {part} for {span}, then made the {part2} a little stronger.",
    "Made of {material} and {material2}, it ages slowly and can be repaired by any good workshop.",
    "Replace the {part} without tools, wash the {part2} in warm water, and use it again tomorrow.",
    "{people} asked for a quieter {part} and a lighter {part2}, so we listened and built both.",
    "The {adjective} shape saves room in your {place} and still looks right in any {place2}.",
    "Delivered flat with clear pictures, it is ready for your {place} in less than twenty minutes.",
    "A spare {part} comes in the box, together with a cloth that removes traces of {mishap}.",
    "Its {adjective} {part} survives {mishap}, which is why so many {people} recommend it to their {people2}.",
    "We guarantee the {part} for {span} and keep every spare {part2} in stock in Addis Ababa.",
)
"""Sentences of descriptions and posts; each slot takes a word of its list."""

REMARKS = (
    "The {part} feels solid and the {material} looks even better than in the pictures.",
    "Bought it for our {place} and nobody wants the old one back.",
    "After {span} the {part} is as good as new.",
    "It survived {mishap} in the very first week.",
    "Delivery took two days and the box was well packed.",
    "I only wish the {part} were a little larger.",
    "The {part} came loose, but the shop replaced it within a day.",
    "My {people} all ask where it comes from.",
    "Good value for the money, and easy to clean.",
    "Not quite what I hoped for, yet it does its job.",
    "The instructions skip a step about the {part}.",
    "Would buy it again for any {place}.",
    "Exactly what {people} need.",
    "Works well every single day.",
)
"""Sentences of reviews."""

REVIEW_TITLES = tuple(
    "Exactly as described|Good value|Would buy again|Better than expected|Does its job|Smaller than it looks|Solid work"
    "|Nice finish|Fast delivery|Happy with it|Not bad at all|Perfect gift|Recommended|".split("|")
)
"""The last one is empty: not everybody writes one."""

POST_TITLES = (
    "How to Choose the Right {noun} for Your {place}",
    "Five Mistakes to Avoid With Your {noun}",
    "What {people} Say About Their {noun}",
    "Caring for {material}: From {noun} to {noun2}",
    "The Story of the {adjective} {noun}",
    "{noun} or {noun2}? Notes From a {place}",
)
