//! The converter on a Whisper of one layer a side, written by the test itself.

use std::io::Cursor;

use super::super::{ct2, half};
use super::*;

const STATE: u32 = 32;
const VOCABULARY: u32 = 51_865;

/// Values that tell where they came from: the variable's number and the row.
fn values(seed: u32, dims: &[u32]) -> Vec<u8> {
    let columns = dims.last().copied().unwrap_or(1).max(1);
    let count: u32 = dims.iter().product();
    (0..count)
        .map(|i| (seed * 64 + i / columns % 1024) as f32 / 4.0)
        .flat_map(|value| half::from_f32(value).to_le_bytes())
        .collect()
}

fn model(key_bias: bool) -> Vec<u8> {
    let mut variables: Vec<ct2::build::Raw> = Vec::new();
    let mut add = |name: &str, dims: &[u32]| {
        let seed = variables.len() as u32 % 16;
        let mut data = values(seed, dims);
        let keys = match name {
            _ if name.ends_with("self_attention/linear_0/bias") => STATE..2 * STATE,
            _ if name.ends_with("/attention/linear_1/bias") => 0..STATE,
            _ => 0..0,
        };
        if !key_bias {
            data[keys.start as usize * 2..keys.end as usize * 2].fill(0);
        }
        variables.push((name.to_owned(), dims.to_vec(), 4, data));
    };
    add("encoder/conv1/weight", &[STATE, 80, 3]);
    add("encoder/conv1/bias", &[STATE]);
    add("encoder/conv2/weight", &[STATE, STATE, 3]);
    add("encoder/conv2/bias", &[STATE]);
    add("decoder/embeddings/weight", &[VOCABULARY, STATE]);
    for (side, context) in [("encoder", 6), ("decoder", 4)] {
        add(
            &format!("{side}/position_encodings/encodings"),
            &[context, STATE],
        );
        let mut blocks = vec![("self_attention", vec![3 * STATE, STATE])];
        if side == "decoder" {
            blocks.push(("attention", vec![STATE, 2 * STATE, STATE]));
        }
        blocks.push(("ffn", vec![STATE, STATE]));
        for (block, heights) in blocks {
            for (number, rows) in heights.into_iter().enumerate() {
                let linear = format!("{side}/layer_0/{block}/linear_{number}");
                add(&format!("{linear}/weight"), &[rows, STATE]);
                add(&format!("{linear}/bias"), &[rows]);
            }
            add(
                &format!("{side}/layer_0/{block}/layer_norm/gamma"),
                &[STATE],
            );
            add(&format!("{side}/layer_0/{block}/layer_norm/beta"), &[STATE]);
        }
        add(&format!("{side}/layer_norm/gamma"), &[STATE]);
        add(&format!("{side}/layer_norm/beta"), &[STATE]);
    }
    for side in ["encoder", "decoder"] {
        variables.push((format!("{side}/num_heads"), vec![], 2, vec![4, 0]));
    }
    ct2::build::file("WhisperSpec", &variables)
}

fn convert(bytes: &[u8], precision: Precision) -> Result<Vec<u8>, ConvertError> {
    let weights = Ct2::parse(bytes).unwrap();
    let mut out = Vec::new();
    whisper(
        &weights,
        "!\nĠthe\nÃ©\n<|endoftext|>\n<|startoftranscript|>\n",
        precision,
        &mut out,
    )?;
    Ok(out)
}

/// Where the tensor `name` starts in `file`: its type, and its data.
fn find<'a>(file: &'a [u8], name: &str) -> (i32, &'a [u8]) {
    let at = file
        .windows(name.len())
        .position(|w| w == name.as_bytes())
        .unwrap();
    let rank = (1..=4).find(|r| {
        let head = at - 4 * (3 + r);
        file[head..head + 4] == (*r as i32).to_le_bytes()
            && file[head + 4..head + 8] == (name.len() as i32).to_le_bytes()
    });
    let head = at - 4 * (3 + rank.unwrap());
    let kind = i32::from_le_bytes(file[head + 8..head + 12].try_into().unwrap());
    (kind, &file[at + name.len()..])
}

#[test]
fn the_result_is_a_whole_file_with_the_sizes_of_the_source() {
    let file = convert(&model(false), Precision::F16).unwrap();
    let header = ggml::check(&mut Cursor::new(&file)).unwrap();
    assert_eq!(
        (header.vocabulary, header.mels, header.ftype),
        (51_865, 80, 1)
    );
    assert_eq!((header.audio_context, header.text_context), (6, 4));
    assert_eq!(
        (header.audio_layers, header.text_layers, header.audio_heads),
        (1, 1, 4)
    );
    assert_eq!((header.audio_state, header.text_state), (32, 32));
}

#[test]
fn stacked_projections_are_taken_apart_by_rows() {
    let source = model(false);
    let file = convert(&source, Precision::F16).unwrap();
    let weights = Ct2::parse(&source).unwrap();
    let stacked = weights
        .halves("decoder/layer_0/self_attention/linear_0/weight", 2)
        .unwrap();
    let third = stacked.data.len() / 3;
    for (i, part) in ["query", "key", "value"].iter().enumerate() {
        let (kind, data) = find(&file, &format!("decoder.blocks.0.attn.{part}.weight"));
        assert_eq!(kind, ggml::F16);
        assert_eq!(
            data[..third],
            stacked.data[i * third..(i + 1) * third],
            "{part}"
        );
    }
    let cross = weights
        .halves("decoder/layer_0/attention/linear_1/bias", 1)
        .unwrap();
    let (kind, data) = find(&file, "decoder.blocks.0.cross_attn.value.bias");
    let first = ggml::floats(&cross.data[64..]).next().unwrap();
    assert_eq!(
        (kind, &data[..4]),
        (ggml::F32, first.to_le_bytes().as_slice())
    );
}

#[test]
fn keys_lose_their_zero_bias_and_a_real_one_is_an_error() {
    let file = convert(&model(false), Precision::F16).unwrap();
    assert!(!file.windows(13).any(|w| w == b"attn.key.bias"));
    let error = convert(&model(true), Precision::F16).unwrap_err();
    assert!(matches!(error, ConvertError::KeyBias(name) if name.contains("encoder/layer_0")));
}

#[test]
fn quantising_touches_matrices_only() {
    let file = convert(&model(false), Precision::Q8_0).unwrap();
    let header = ggml::check(&mut Cursor::new(&file)).unwrap();
    assert_eq!(header.ftype, 2007);
    for (name, kind) in [
        ("decoder.token_embedding.weight", ggml::Q8_0),
        ("encoder.blocks.0.mlp.2.weight", ggml::Q8_0),
        ("encoder.blocks.0.mlp.2.bias", ggml::F32),
        ("encoder.positional_embedding", ggml::F32),
        ("encoder.conv1.bias", ggml::F32),
        ("encoder.conv2.weight", ggml::F16),
    ] {
        assert_eq!(find(&file, name).0, kind, "{name}");
    }
}

#[test]
fn tokens_are_bytes_again_and_stop_before_the_special_ones() {
    let tokens = tokens("!\nĠthe\nÃ©\n<|endoftext|>\n<|x|>\n").unwrap();
    assert_eq!(
        tokens,
        [b"!".to_vec(), b" the".to_vec(), "é".as_bytes().to_vec()]
    );
    assert!(matches!(
        super::tokens("!\n"),
        Err(ConvertError::Vocabulary(_))
    ));
    assert!(matches!(
        super::tokens("日\n<|endoftext|>"),
        Err(ConvertError::Vocabulary(_))
    ));
}

#[test]
fn a_file_cut_anywhere_in_its_tensors_is_noticed() {
    let file = convert(&model(false), Precision::Q8_0).unwrap();
    for cut in [1, 100, 5_000, 100_000] {
        assert!(
            ggml::check(&mut Cursor::new(&file[..file.len() - cut])).is_err(),
            "-{cut}"
        );
    }
}

#[test]
fn another_network_or_a_missing_part_is_refused_by_name() {
    let other = ct2::build::file("TransformerSpec", &[]);
    assert!(matches!(
        convert(&other, Precision::F16),
        Err(ConvertError::Spec(_))
    ));
    let empty = ct2::build::file("WhisperSpec", &[]);
    let error = convert(&empty, Precision::F16).unwrap_err().to_string();
    assert!(error.contains("decoder/embeddings/weight"), "{error}");
}
