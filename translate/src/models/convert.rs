//! Whisper from CTranslate2's layout to ggml's.
//!
//! CTranslate2 stacks the projections of one attention (`linear_0` holds query, key and value);
//! ggml wants them apart, under the names of OpenAI's checkpoint. Whisper's keys have no bias;
//! CTranslate2 stores zeros in their place, which is checked before they are left out.
//! The tensors are written in the order of OpenAI's checkpoint.

use std::io::{self, Write};

use super::ct2::{Ct2, Ct2Error, Variable};
use super::{ggml, mel};

/// The first token that is not an ordinary one; the loader adds it and those after it.
const END_OF_TEXT: &str = "<|endoftext|>";

/// Why a model could not be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The weights are not what the converter reads.
    #[error("the CTranslate2 weights cannot be read: {0}")]
    Weights(#[from] Ct2Error),
    /// Another kind of network.
    #[error("the weights are of a `{0}`, not of a Whisper model")]
    Spec(String),
    /// A key bias that is not zero would be lost.
    #[error("`{0}` has a key bias, which Whisper files cannot hold")]
    KeyBias(String),
    /// The vocabulary is not Whisper's.
    #[error("the vocabulary cannot be read: {0}")]
    Vocabulary(String),
    /// Writing failed.
    #[error("the converted model could not be written: {0}")]
    Write(#[from] io::Error),
}

/// How matrices are stored. Rows, positional embeddings and convolution biases stay in single
/// precision, convolutions in half, as whisper.cpp's own tools do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "written by tests, as the plainest form")
    )]
    F16,
    Q8_0,
}

/// One tensor to be written, borrowing its half-precision values.
struct Tensor<'a> {
    name: String,
    dims: Vec<usize>,
    data: &'a [u8],
    is_single: bool,
}

/// Writes the ggml file of the Whisper model in `weights`.
pub(super) fn whisper(
    weights: &Ct2<'_>,
    vocabulary: &str,
    precision: Precision,
    out: &mut impl Write,
) -> Result<(), ConvertError> {
    if weights.spec != "WhisperSpec" {
        return Err(ConvertError::Spec(weights.spec.to_owned()));
    }
    let matrix = match precision {
        Precision::F16 => ggml::F16,
        Precision::Q8_0 => ggml::Q8_0,
    };
    let tokens = tokens(vocabulary)?;
    let header = header(weights, ggml::Header::ftype_of(matrix))?;
    let tensors = tensors(weights)?;
    header.write(out)?;
    ggml::write_filters(
        out,
        mel::BINS,
        &mel::filters(header.mels.unsigned_abs() as usize),
    )?;
    ggml::write_tokens(out, &tokens)?;
    for tensor in tensors {
        let kind = match tensor.dims.as_slice() {
            _ if tensor.is_single => ggml::F32,
            [_, columns] if columns % ggml::Q8_0_BLOCK == 0 => matrix,
            _ => ggml::F16,
        };
        ggml::write_tensor(out, &tensor.name, &tensor.dims, kind, tensor.data)?;
    }
    Ok(())
}

fn header(weights: &Ct2<'_>, ftype: i32) -> Result<ggml::Header, ConvertError> {
    let dim = |name: &str, rank: usize, axis: usize| -> Result<i32, Ct2Error> {
        let size = weights.halves(name, rank)?.dims[axis];
        i32::try_from(size).map_err(|_| Ct2Error::Shape(name.to_owned()))
    };
    let layers = |side: &str| i32::try_from(weights.layers(side)).unwrap_or(i32::MAX);
    Ok(ggml::Header {
        vocabulary: dim("decoder/embeddings/weight", 2, 0)?,
        audio_context: dim("encoder/position_encodings/encodings", 2, 0)?,
        audio_state: dim("encoder/position_encodings/encodings", 2, 1)?,
        audio_heads: weights.integer("encoder/num_heads")?,
        audio_layers: layers("encoder"),
        text_context: dim("decoder/position_encodings/encodings", 2, 0)?,
        text_state: dim("decoder/position_encodings/encodings", 2, 1)?,
        text_heads: weights.integer("decoder/num_heads")?,
        text_layers: layers("decoder"),
        mels: dim("encoder/conv1/weight", 3, 1)?,
        ftype,
    })
}

/// The ordinary tokens as bytes. The vocabulary writes a byte as a printable character: those
/// that are printable as themselves, the rest as the characters from U+0100 on, in order.
fn tokens(vocabulary: &str) -> Result<Vec<Vec<u8>>, ConvertError> {
    let printable = |byte: u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let hidden: Vec<u8> = (0..=255).filter(|&byte| !printable(byte)).collect();
    let byte_of = |c: char| {
        let code = u32::from(c);
        match u8::try_from(code) {
            Ok(byte) => Some(byte).filter(|&byte| printable(byte)),
            Err(_) => hidden.get((code - 256) as usize).copied(),
        }
    };
    let mut tokens = Vec::new();
    for line in vocabulary.lines() {
        if line == END_OF_TEXT {
            return Ok(tokens);
        }
        let bytes: Option<Vec<u8>> = line.chars().map(byte_of).collect();
        tokens.push(bytes.ok_or_else(|| {
            ConvertError::Vocabulary(format!("token {} is `{line}`", tokens.len()))
        })?);
    }
    Err(ConvertError::Vocabulary(format!(
        "there is no `{END_OF_TEXT}`"
    )))
}

fn tensors<'a>(weights: &Ct2<'a>) -> Result<Vec<Tensor<'a>>, ConvertError> {
    let mut list = List {
        weights,
        tensors: Vec::new(),
    };
    list.positions("encoder")?;
    list.convolution(1)?;
    list.convolution(2)?;
    for layer in 0..weights.layers("encoder") {
        list.layer("encoder", layer)?;
    }
    list.norm("encoder.ln_post", "encoder/layer_norm")?;
    list.positions("decoder")?;
    list.whole(
        "decoder.token_embedding.weight",
        "decoder/embeddings/weight",
        2,
    )?;
    for layer in 0..weights.layers("decoder") {
        list.layer("decoder", layer)?;
    }
    list.norm("decoder.ln", "decoder/layer_norm")?;
    Ok(list.tensors)
}

/// Collects tensors by ggml name.
struct List<'w, 'a> {
    weights: &'w Ct2<'a>,
    tensors: Vec<Tensor<'a>>,
}

impl<'a> List<'_, 'a> {
    fn push(&mut self, name: String, dims: Vec<usize>, data: &'a [u8], is_single: bool) {
        self.tensors.push(Tensor {
            name,
            dims,
            data,
            is_single,
        });
    }

    /// A variable as it is: rows in single precision, matrices and cubes not.
    fn whole(&mut self, name: &str, source: &str, rank: usize) -> Result<(), Ct2Error> {
        let Variable { dims, data, .. } = self.weights.halves(source, rank)?;
        self.push(name.to_owned(), dims.clone(), data, rank == 1);
        Ok(())
    }

    fn positions(&mut self, side: &str) -> Result<(), Ct2Error> {
        let source = format!("{side}/position_encodings/encodings");
        let Variable { dims, data, .. } = self.weights.halves(&source, 2)?;
        self.push(
            format!("{side}.positional_embedding"),
            dims.clone(),
            data,
            true,
        );
        Ok(())
    }

    fn convolution(&mut self, number: u8) -> Result<(), Ct2Error> {
        let (name, source) = (
            format!("encoder.conv{number}"),
            format!("encoder/conv{number}"),
        );
        self.whole(&format!("{name}.weight"), &format!("{source}/weight"), 3)?;
        let bias = self.weights.halves(&format!("{source}/bias"), 1)?;
        // whisper.cpp adds it to a matrix and wants it as a column.
        self.push(
            format!("{name}.bias"),
            vec![bias.dims[0], 1],
            bias.data,
            true,
        );
        Ok(())
    }

    fn norm(&mut self, name: &str, source: &str) -> Result<(), Ct2Error> {
        self.whole(&format!("{name}.weight"), &format!("{source}/gamma"), 1)?;
        self.whole(&format!("{name}.bias"), &format!("{source}/beta"), 1)
    }

    fn layer(&mut self, side: &str, layer: usize) -> Result<(), ConvertError> {
        let (name, source) = (
            format!("{side}.blocks.{layer}"),
            format!("{side}/layer_{layer}"),
        );
        let own = format!("{source}/self_attention");
        self.stacked(&format!("{name}.attn"), &own, 0, &["query", "key", "value"])?;
        self.stacked(&format!("{name}.attn"), &own, 1, &["out"])?;
        self.norm(&format!("{name}.attn_ln"), &format!("{own}/layer_norm"))?;
        if side == "decoder" {
            let cross = format!("{source}/attention");
            self.stacked(&format!("{name}.cross_attn"), &cross, 0, &["query"])?;
            self.stacked(&format!("{name}.cross_attn"), &cross, 1, &["key", "value"])?;
            self.stacked(&format!("{name}.cross_attn"), &cross, 2, &["out"])?;
            self.norm(
                &format!("{name}.cross_attn_ln"),
                &format!("{cross}/layer_norm"),
            )?;
        }
        let feed = format!("{source}/ffn");
        self.stacked(&format!("{name}.mlp"), &feed, 0, &["0"])?;
        self.stacked(&format!("{name}.mlp"), &feed, 1, &["2"])?;
        self.norm(&format!("{name}.mlp_ln"), &format!("{feed}/layer_norm"))?;
        Ok(())
    }

    /// Takes `linear_{number}` apart into `parts` of equal height.
    fn stacked(
        &mut self,
        name: &str,
        source: &str,
        number: u8,
        parts: &[&str],
    ) -> Result<(), ConvertError> {
        let weight_name = format!("{source}/linear_{number}/weight");
        let bias_name = format!("{source}/linear_{number}/bias");
        let weight = self.weights.halves(&weight_name, 2)?;
        let bias = self.weights.halves(&bias_name, 1)?;
        let [rows, columns] = [weight.dims[0], weight.dims[1]];
        if bias.dims[0] != rows || rows == 0 || columns == 0 || !rows.is_multiple_of(parts.len()) {
            return Err(Ct2Error::Shape(weight_name).into());
        }
        let rows = rows / parts.len();
        let weights = weight.data.chunks_exact(2 * rows * columns);
        let biases = bias.data.chunks_exact(2 * rows);
        for ((part, weight), bias) in parts.iter().zip(weights).zip(biases) {
            self.push(
                format!("{name}.{part}.weight"),
                vec![rows, columns],
                weight,
                false,
            );
            if *part != "key" {
                self.push(format!("{name}.{part}.bias"), vec![rows], bias, true);
            } else if ggml::floats(bias).any(|value| value != 0.0) {
                return Err(ConvertError::KeyBias(bias_name));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
