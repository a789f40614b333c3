//! Units and currencies: how each is written in the languages we translate between. A language is a
//! column of the table; what is missing there is written by its symbol.

/// A unit in canonical form: an ISO 4217 code, an SI symbol, or the English word of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit(usize);

/// How a unit is written.
struct Entry {
    /// Canonical form, also the one written where a language has no word.
    symbol: &'static str,
    kind: Kind,
    /// Written alike in all languages. The first is put before an English price.
    signs: &'static [&'static str],
    /// Language and words: singular, plural, others.
    words: &'static [(&'static str, &'static [&'static str])],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Must be there.
    Money,
    Measure,
    /// A counted thing, which a translation may name otherwise.
    Count,
}

const fn money(
    symbol: &'static str,
    signs: &'static [&'static str],
    words: &'static [(&'static str, &'static [&'static str])],
) -> Entry {
    Entry {
        symbol,
        kind: Kind::Money,
        signs,
        words,
    }
}

const fn measure(
    symbol: &'static str,
    signs: &'static [&'static str],
    words: &'static [(&'static str, &'static [&'static str])],
) -> Entry {
    Entry {
        symbol,
        kind: Kind::Measure,
        signs,
        words,
    }
}

const fn count(
    symbol: &'static str,
    words: &'static [(&'static str, &'static [&'static str])],
) -> Entry {
    Entry {
        symbol,
        kind: Kind::Count,
        signs: &[],
        words,
    }
}

const UNITS: &[Entry] = &[
    money(
        "EUR",
        &["€", "eur"],
        &[
            ("en", &["euro", "euros"]),
            ("pt", &["euro", "euros"]),
            ("es", &["euro", "euros"]),
            ("fr", &["euro", "euros"]),
            ("it", &["euro", "euro"]),
            ("de", &["Euro", "Euro"]),
            ("zh", &["欧元", "欧元", "歐元"]),
        ],
    ),
    money(
        "USD",
        &["$", "usd"],
        &[
            ("en", &["dollar", "dollars", "bucks"]),
            ("pt", &["dólar", "dólares"]),
            ("es", &["dólar", "dólares"]),
            ("fr", &["dollar", "dollars"]),
            ("it", &["dollaro", "dollari"]),
            ("de", &["Dollar", "Dollar"]),
            ("zh", &["美元", "美元"]),
        ],
    ),
    money(
        "GBP",
        &["£", "gbp"],
        &[
            ("en", &["pound", "pounds"]),
            ("pt", &["libra", "libras"]),
            ("es", &["libra", "libras"]),
            ("fr", &["livre", "livres"]),
            ("it", &["sterlina", "sterline"]),
            ("de", &["Pfund", "Pfund"]),
            ("zh", &["英镑", "英镑", "英鎊"]),
        ],
    ),
    money(
        "BRL",
        &["R$", "brl"],
        &[
            ("en", &["real", "reais", "reals"]),
            ("pt", &["real", "reais"]),
            ("es", &["real", "reales"]),
            ("fr", &["real", "reais"]),
            ("it", &["real", "reais"]),
            ("de", &["Real", "Reais"]),
            ("zh", &["雷亚尔", "雷亚尔"]),
        ],
    ),
    money(
        "CNY",
        &["¥", "rmb", "cny"],
        &[
            ("en", &["yuan", "yuan", "yuans", "renminbi"]),
            ("pt", &["yuan", "yuan", "yuans", "iuanes", "renminbi"]),
            ("es", &["yuan", "yuanes", "yuan"]),
            ("fr", &["yuan", "yuans", "yuan"]),
            ("it", &["yuan", "yuan"]),
            ("de", &["Yuan", "Yuan"]),
            ("zh", &["元", "元", "块", "人民币"]),
        ],
    ),
    measure(
        "%",
        &["%"],
        &[
            ("en", &["percent", "percent"]),
            ("pt", &["porcento", "porcento"]),
            ("fr", &["pourcent", "pourcent"]),
            ("de", &["Prozent", "Prozent"]),
        ],
    ),
    measure(
        "°C",
        &["°", "°c", "º"],
        &[
            ("en", &["degree", "degrees"]),
            ("pt", &["grau", "graus"]),
            ("es", &["grado", "grados"]),
            ("fr", &["degré", "degrés"]),
            ("it", &["grado", "gradi"]),
            ("de", &["Grad", "Grad"]),
            ("zh", &["度", "度"]),
        ],
    ),
    measure(
        "mm",
        &["mm"],
        &[
            (
                "en",
                &["millimeter", "millimeters", "millimetre", "millimetres"],
            ),
            ("pt", &["milímetro", "milímetros"]),
            ("es", &["milímetro", "milímetros"]),
            ("fr", &["millimètre", "millimètres"]),
            ("it", &["millimetro", "millimetri"]),
            ("de", &["Millimeter", "Millimeter"]),
            ("zh", &["毫米", "毫米"]),
        ],
    ),
    measure(
        "cm",
        &["cm"],
        &[
            (
                "en",
                &["centimeter", "centimeters", "centimetre", "centimetres"],
            ),
            ("pt", &["centímetro", "centímetros"]),
            ("es", &["centímetro", "centímetros"]),
            ("fr", &["centimètre", "centimètres"]),
            ("it", &["centimetro", "centimetri"]),
            ("de", &["Zentimeter", "Zentimeter"]),
            ("zh", &["厘米", "厘米", "公分"]),
        ],
    ),
    measure(
        "m",
        &["m"],
        &[
            ("en", &["meter", "meters", "metre", "metres"]),
            ("pt", &["metro", "metros"]),
            ("es", &["metro", "metros"]),
            ("fr", &["mètre", "mètres"]),
            ("it", &["metro", "metri"]),
            ("de", &["Meter", "Meter"]),
            ("zh", &["米", "米"]),
        ],
    ),
    measure(
        "in",
        &["″"],
        &[
            ("en", &["inch", "inches"]),
            ("pt", &["polegada", "polegadas"]),
            ("es", &["pulgada", "pulgadas"]),
            ("fr", &["pouce", "pouces"]),
            ("it", &["pollice", "pollici"]),
            ("de", &["Zoll", "Zoll"]),
            ("zh", &["英寸", "英寸"]),
        ],
    ),
    measure(
        "g",
        &["g", "gr"],
        &[
            ("en", &["gram", "grams", "gramme", "grammes"]),
            ("pt", &["grama", "gramas"]),
            ("es", &["gramo", "gramos"]),
            ("fr", &["gramme", "grammes"]),
            ("it", &["grammo", "grammi"]),
            ("de", &["Gramm", "Gramm"]),
            ("zh", &["克", "克"]),
        ],
    ),
    measure(
        "kg",
        &["kg"],
        &[
            ("en", &["kilo", "kilos", "kilogram", "kilograms"]),
            (
                "pt",
                &[
                    "quilo",
                    "quilos",
                    "quilograma",
                    "quilogramas",
                    "kilo",
                    "kilos",
                ],
            ),
            ("es", &["kilo", "kilos", "kilogramo", "kilogramos"]),
            ("fr", &["kilo", "kilos", "kilogramme", "kilogrammes"]),
            ("it", &["chilo", "chili", "chilogrammi"]),
            ("de", &["Kilo", "Kilo", "Kilogramm"]),
            ("zh", &["公斤", "公斤", "千克"]),
        ],
    ),
    measure(
        "ml",
        &["ml"],
        &[
            (
                "en",
                &["milliliter", "milliliters", "millilitre", "millilitres"],
            ),
            ("pt", &["mililitro", "mililitros"]),
            ("es", &["mililitro", "mililitros"]),
            ("fr", &["millilitre", "millilitres"]),
            ("it", &["millilitro", "millilitri"]),
            ("de", &["Milliliter", "Milliliter"]),
            ("zh", &["毫升", "毫升"]),
        ],
    ),
    measure(
        "l",
        &["l"],
        &[
            ("en", &["liter", "liters", "litre", "litres"]),
            ("pt", &["litro", "litros"]),
            ("es", &["litro", "litros"]),
            ("fr", &["litre", "litres"]),
            ("it", &["litro", "litri"]),
            ("de", &["Liter", "Liter"]),
            ("zh", &["升", "升"]),
        ],
    ),
    measure(
        "W",
        &["w"],
        &[
            ("en", &["watt", "watts"]),
            ("pt", &["watt", "watts"]),
            ("es", &["vatio", "vatios", "watts"]),
            ("fr", &["watt", "watts"]),
            ("it", &["watt", "watt"]),
            ("de", &["Watt", "Watt"]),
            ("zh", &["瓦", "瓦"]),
        ],
    ),
    measure(
        "s",
        &[],
        &[
            ("en", &["second", "seconds"]),
            ("pt", &["segundo", "segundos"]),
            ("es", &["segundo", "segundos"]),
            ("fr", &["seconde", "secondes"]),
            ("it", &["secondo", "secondi"]),
            ("de", &["Sekunde", "Sekunden"]),
            ("zh", &["秒", "秒"]),
        ],
    ),
    measure(
        "min",
        &["min"],
        &[
            ("en", &["minute", "minutes"]),
            ("pt", &["minuto", "minutos"]),
            ("es", &["minuto", "minutos"]),
            ("fr", &["minute", "minutes"]),
            ("it", &["minuto", "minuti"]),
            ("de", &["Minute", "Minuten"]),
            ("zh", &["分钟", "分钟"]),
        ],
    ),
    measure(
        "h",
        &[],
        &[
            ("en", &["hour", "hours"]),
            ("pt", &["hora", "horas"]),
            ("es", &["hora", "horas"]),
            ("fr", &["heure", "heures"]),
            ("it", &["ora", "ore"]),
            ("de", &["Stunde", "Stunden"]),
            ("zh", &["小时", "小时"]),
        ],
    ),
    measure(
        "day",
        &[],
        &[
            ("en", &["day", "days"]),
            ("pt", &["dia", "dias"]),
            ("es", &["día", "días"]),
            ("fr", &["jour", "jours"]),
            ("it", &["giorno", "giorni"]),
            ("de", &["Tag", "Tage", "Tagen"]),
            ("zh", &["天", "天"]),
        ],
    ),
    measure(
        "week",
        &[],
        &[
            ("en", &["week", "weeks"]),
            ("pt", &["semana", "semanas"]),
            ("es", &["semana", "semanas"]),
            ("fr", &["semaine", "semaines"]),
            ("it", &["settimana", "settimane"]),
            ("de", &["Woche", "Wochen"]),
            ("zh", &["周", "周"]),
        ],
    ),
    measure(
        "year",
        &[],
        &[
            ("en", &["year", "years"]),
            ("pt", &["ano", "anos"]),
            ("es", &["año", "años"]),
            ("fr", &["an", "ans"]),
            ("it", &["anno", "anni"]),
            ("de", &["Jahr", "Jahre", "Jahren"]),
            ("zh", &["年", "年"]),
        ],
    ),
    count(
        "piece",
        &[
            ("en", &["piece", "pieces", "pcs"]),
            ("pt", &["peça", "peças", "unidade", "unidades"]),
            ("es", &["pieza", "piezas", "unidades"]),
            ("fr", &["pièce", "pièces"]),
            ("it", &["pezzo", "pezzi"]),
            ("de", &["Stück", "Stück"]),
            ("zh", &["件", "件"]),
        ],
    ),
    count(
        "order",
        &[
            ("en", &["order", "orders"]),
            ("pt", &["pedido", "pedidos", "encomenda", "encomendas"]),
            ("es", &["pedido", "pedidos"]),
            ("fr", &["commande", "commandes"]),
            ("it", &["ordine", "ordini"]),
            ("de", &["Bestellung", "Bestellungen"]),
            ("zh", &["单", "单"]),
        ],
    ),
    // What the counts above must not become.
    count("command", &[("pt", &["ordem", "ordens"])]),
    count(
        "fragment",
        &[
            ("en", &["fragment", "fragments"]),
            ("pt", &["pedaço", "pedaços"]),
        ],
    ),
    count(
        "pair",
        &[
            ("en", &["pair", "pairs"]),
            ("pt", &["par", "pares"]),
            ("es", &["par", "pares"]),
            ("fr", &["paire", "paires"]),
            ("it", &["paio", "paia"]),
            ("de", &["Paar", "Paar"]),
            ("zh", &["双", "双", "对"]),
        ],
    ),
];

const CENTS: &[&str] = &[
    "cent",
    "cents",
    "pence",
    "cêntimo",
    "cêntimos",
    "centavo",
    "centavos",
    "céntimo",
    "céntimos",
    "centime",
    "centimes",
    "centesimi",
];

impl Unit {
    /// The unit a word or sign stands for in `language`.
    pub(super) fn of(word: &str, language: &str) -> Option<Unit> {
        let lower = word.to_lowercase();
        let stands = |entry: &&Entry| {
            let mine = entry.words.iter().filter(|(tag, _)| *tag == language);
            let mut words = mine.flat_map(|(_, words)| words.iter());
            entry.signs.iter().any(|sign| sign.to_lowercase() == lower)
                || words.any(|word| word.to_lowercase() == lower)
        };
        let entry = UNITS.iter().find(stands)?;
        UNITS
            .iter()
            .position(|other| std::ptr::eq(entry, other))
            .map(Unit)
    }

    /// How a currency is called in English: the plural, which prices are said in.
    pub(crate) fn money_words(currency: &str) -> Option<&'static str> {
        let entry = UNITS
            .iter()
            .find(|entry| entry.symbol == currency && entry.kind == Kind::Money)?;
        entry
            .words
            .iter()
            .find(|(tag, _)| *tag == "en")
            .and_then(|(_, words)| words.get(1).copied())
    }

    /// Whether it is money.
    #[must_use]
    pub fn is_money(self) -> bool {
        UNITS[self.0].kind == Kind::Money
    }

    /// Whether a translation must name it too.
    #[must_use]
    pub fn is_strict(self) -> bool {
        UNITS[self.0].kind != Kind::Count
    }

    /// Canonical form.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        UNITS[self.0].symbol
    }

    /// A number with this unit in words, as it is said.
    pub(super) fn name(self, number: &str, is_one: bool, language: &str) -> Option<String> {
        let entry = &UNITS[self.0];
        let (_, words) = entry.words.iter().find(|(tag, _)| *tag == language)?;
        Some(format!("{number} {}", words[usize::from(!is_one)]))
    }

    /// A number with this unit, as `language` writes it.
    pub(super) fn write(self, number: &str, is_one: bool, language: &str) -> String {
        let entry = &UNITS[self.0];
        let words = entry.words.iter().find(|(tag, _)| *tag == language);
        match (entry.kind, words) {
            (Kind::Money, _) if language == "en" && entry.signs[0].len() < 4 => {
                format!("{}{number}", entry.signs[0])
            }
            (_, Some((_, words))) if entry.symbol != "%" => {
                format!("{number} {}", words[usize::from(!is_one)])
            }
            _ if entry.symbol == "%" => format!("{number}%"),
            _ => format!("{number} {}", entry.symbol),
        }
    }
}

/// Whether a word means hundredths of any currency.
pub(super) fn is_cents(word: &str) -> bool {
    CENTS.contains(&word.to_lowercase().as_str())
}
