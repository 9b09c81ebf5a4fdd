"""The words that invented releases are made of. Nobody's real names; genres, styles and formats are Discogs' own terms."""

ADJECTIVES = (
    "Amber", "Analog", "Blind", "Borrowed", "Broken", "Burning", "Cardinal", "Civil", "Cold", "Concrete", "Copper",
    "Crooked", "Dim", "Distant", "Double", "Electric", "Empty", "False", "Feral", "Final", "Foreign", "Gentle", "Gilded",
    "Glass", "Golden", "Hidden", "Hollow", "Idle", "Inner", "Iron", "Late", "Little", "Lonely", "Lunar", "Magnetic", "Minor",
    "Modern", "Narrow", "Native", "New", "Northern", "Old", "Outer", "Pale", "Paper", "Plastic", "Private", "Quiet", "Red",
    "Restless", "Rural", "Sacred", "Second", "Secret", "Silent", "Silver", "Slow", "Solar", "Southern", "Stray", "Sudden",
    "Tender", "Thin", "Third", "Tidal", "Turning", "Velvet", "Violet", "Warm", "Wild", "Winter", "Wooden",
)  # fmt: skip
NOUNS = (
    "Airport", "Archive", "Arcade", "Avenue", "Balcony", "Beacon", "Border", "Bridge", "Cabin", "Canal", "Cathedral",
    "Chamber", "Circle", "City", "Coast", "Comet", "Corridor", "Current", "Delta", "Desert", "District", "Dune", "Echo",
    "Engine", "Evening", "Factory", "Fever", "Field", "Flood", "Forest", "Fountain", "Frequency", "Garden", "Ghost", "Glacier",
    "Harbour", "Highway", "Horizon", "Hotel", "Island", "Kingdom", "Lantern", "Letter", "Lighthouse", "Machine", "Map",
    "Meadow", "Memory", "Mirror", "Morning", "Motel", "Museum", "Night", "Ocean", "Orchard", "Parade", "Pilot", "Planet",
    "Postcard", "Radio", "Rain", "Reactor", "River", "Room", "Satellite", "Season", "Shadow", "Signal", "Station", "Stone",
    "Street", "Summer", "Telescope", "Theatre", "Tide", "Tower", "Train", "Transit", "Tunnel", "Valley", "Voyage", "Window",
)  # fmt: skip
FOREIGN_WORDS = (
    "Äther", "Übermorgen", "Größe", "Château", "Été", "Forêt", "Garçon", "Señal", "Corazón", "Mañana", "Ñandú", "Coração",
    "Canções", "Smörgås", "Fjällräv", "Ørken", "Tåke", "Ævintýri", "Þoka", "Łódź", "Źródło", "Příběh", "Žízeň", "Sőt",
    "Şarkı", "Güneş", "Снег", "Поезд", "Тишина", "Θάλασσα", "夜明け", "東京の雨", "電波", "여름밤", "星河", "naïve", "Sessions™",
)  # fmt: skip
TITLE_ENDINGS = (" EP", " Vol. 1", " Vol. 2", " II", " (Remixes)", " / Live", "...", " No. 5", ", Pt. 1", ' 12"', "?")  # fmt: skip

ARTIST_TEMPLATES = ("{a} {n}", "The {a} {n}s", "{n}", "{a} {n} Orchestra", "{n} & {m}", "DJ {n}", "{a} {n} Trio", "{n} {m}", "{a}")  # fmt: skip
LABEL_TEMPLATES = ("{n} Records", "{a} {n} Recordings", "{n}", "{a} Tapes", "{n} Music", "{a} {n}", "Edition {n}", "{n} International")  # fmt: skip
JOINS = (",", "/", "&", "And", "Featuring", "—", "·", "conducted by", "vs")
COUNTRIES = ("US", "UK", "Germany", "Japan", "France", "Italy", "Netherlands", "Sweden", "Europe", "Canada", "Brazil", "UK & Europe", "Unknown")  # fmt: skip

STYLES_OF_GENRE = {
    "Electronic": (
        "Techno",
        "House",
        "Ambient",
        "Downtempo",
        "Drum n Bass",
        "Electro",
        "IDM",
        "Synth-pop",
        "Dub",
    ),
    "Rock": (
        "Alternative Rock",
        "Indie Rock",
        "Psychedelic Rock",
        "Punk",
        "Post-Punk",
        "Hard Rock",
        "Prog Rock",
        "Shoegaze",
    ),
    "Pop": ("Ballad", "Europop", "Chanson", "Indie Pop", "Vocal"),
    "Jazz": ("Hard Bop", "Fusion", "Free Jazz", "Cool Jazz", "Big Band", "Contemporary Jazz"),
    "Funk / Soul": ("Soul", "Funk", "Disco", "Rhythm & Blues", "Neo Soul"),
    "Hip Hop": ("Boom Bap", "Conscious", "Instrumental", "Trip Hop"),
    "Classical": ("Baroque", "Romantic", "Modern", "Opera", "Post-Modern"),
    "Folk, World, & Country": ("Folk", "Country", "Celtic", "African", "Highlife"),
    "Reggae": ("Dub", "Roots Reggae", "Ska", "Dancehall"),
    "Latin": ("Bossanova", "Cumbia", "Salsa", "MPB"),
    "Stage & Screen": ("Soundtrack", "Score", "Musical"),
    "Blues": ("Delta Blues", "Electric Blues", "Chicago Blues"),
}
GENRES = tuple(STYLES_OF_GENRE)

FORMAT_NAMES = ("Vinyl",) * 62 + ("CD",) * 25 + ("Cassette",) * 5 + ("File",) * 3 + ("CDr",) * 2 + ("Box Set", "Shellac", "All Media")  # fmt: skip
DESCRIPTIONS_OF_FORMAT = {
    "Vinyl": ("LP", "Album", '12"', '7"', '10"', "45 RPM", "33 ⅓ RPM", "Single", "EP", "Reissue", "Stereo", "Mono", "Limited Edition", "Compilation", "Promo", "Test Pressing", "White Label", "Repress", "Unofficial Release"),
    "CD": ("Album", "Compilation", "Reissue", "Remastered", "EP", "Single", "Promo", "Limited Edition", "Mixed"),
    "Cassette": ("Album", "Limited Edition", "EP", "Compilation", "Mixtape", "Reissue"),
    "File": ("MP3", "FLAC", "Album", "Single", "EP"),
    "CDr": ("Album", "EP", "Promo", "Limited Edition"),
    "Box Set": ("Compilation", "Limited Edition", "Numbered", "Album"),
    "Shellac": ('10"', "78 RPM", "Single"),
    "All Media": ("Limited Edition", "Album"),
}  # fmt: skip
FORMAT_TEXTS = (
    "180 Gram", "Gatefold", "Red Translucent", "Blue Marbled", "Clear", "Digipak", "Trifold, 180 g", "Splatter, Black & White",
    "First pressing of 500 copies, hand-numbered, with a poster", "320 kbps", "Jewel case", "Picture Disc", "Etched",
    "Orange With Black Smoke, Die-Cut Sleeve, Obi, Insert, Sealed In 1997", "C46, Chrome", "Grün",
)  # fmt: skip

FOLDER_NAMES = (
    '7"', '12"', "LPs", "CDs", "Jazz", "Tapes", "Box Sets", "For Sale", "To Listen", "Boxed Away", "Classical", "Soundtracks",
    "Kept At Work", "Misc", "misc", "Doubles", "Shelf 1", "Shelf 2", "Shelf 3", "Shelf 4", "Techno", "Dub", "Sólo Español",
    "Fixing", "Cleaned", "Not Cleaned", "10s", "Wall", "Digital", "Unplayed",
)  # fmt: skip
MEDIA_CONDITIONS = (
    "Mint (M)", "Near Mint (NM or M-)", "Very Good Plus (VG+)", "Very Good (VG)", "Good Plus (G+)", "Good (G)", "Fair (F)", "Poor (P)",
)  # fmt: skip
SLEEVE_CONDITIONS = ("Generic", "No Cover", *MEDIA_CONDITIONS)
REMARKS = (
    "Bought at the fair", "Gift", "Signed", "Cut-out corner", "Hairline on A2", "Insert missing", "Plays fine, looks worse",
    "Second copy for trade", "Aus Köln mitgebracht", "Needs a new inner sleeve", "From grandmother's attic",
)  # fmt: skip
CREDIT_ROLES = ("Producer", "Mixed By", "Mastered By", "Lacquer Cut By", "Written-By", "Artwork", "Photography By", "Bass", "Drums", "Engineer [Assistant]", "Liner Notes")  # fmt: skip
COMPANY_ROLES = (("4", "Record Company"), ("6", "Licensed From"), ("9", "Distributed By"), ("13", "Phonographic Copyright (p)"), ("14", "Copyright (c)"), ("17", "Pressed By"), ("23", "Recorded At"), ("29", "Mastered At"))  # fmt: skip
