using System.Text.Json.Nodes;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>
/// Writes a model in memory, processed weights included, in TransformerLens' own format: <c>model_type: "hooked_transformer"</c> and
/// weights by TransformerLens' names, which has norms without gain and bias, unembeddings of their own and biases everywhere.
/// </summary>
public static class HookedExport
{
    /// <summary>Writes the weights in float32, and config.json beside them where there is none.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; <c>model.safetensors</c> in a folder of its own makes that folder a checkpoint.</param>
    /// <exception cref="InvalidInputException">
    /// The format has no word for something that the model does, there is a config.json of another model, or a file cannot be written.
    /// </exception>
    public static void Write(TransformerModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Unsaid(model) is { } reason)
        {
            throw new InvalidInputException($"{path}: TransformerLens' format, in which processed weights are written, has no {reason}");
        }

        string settings = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "config.json");
        string json = Config(model).ToJsonString(new() { WriteIndented = true });
        if (File.Exists(settings) && File.ReadAllText(settings) != json)
        {
            throw new InvalidInputException($"{settings}: expected no file, or the settings that belong to the weights; found others");
        }

        SafetensorsWriter.Write(path, Tensors(model), new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(settings, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(json)));
    }

    private static string? Unsaid(TransformerModel model)
    {
        ModelConfig config = model.Config;
        return config switch
        {
            _ when !config.Causal || BlockPlan.Of(config).StreamNorms.Any() => "encoders besides BERT's, and none with processed weights",
            { BranchNorms: not BranchNorms.Before } => "norms after attention and FFN",
            { QkNorm: not QkNorm.None } => "norms of queries and keys",
            { Experts: > 0 } => "mixtures of experts",
            { RoundedAlibi: true } => "ALiBi as Falcon rounds it",
            { EmbedNorm: true } => "norm of embeddings",
            { FinalNorm: false, Norm: not NormKind.None } => "model without a last norm",
            { Rotary: { Scaling: not null } or { Divisors: not null } } => "length extension of rotary positions",
            { Activation: ActivationFunction.Identity } => "FFN without an activation",
            _ when config.Windows?.Any(w => w is not null) == true => "windows of attention",
            _ when config.Gated && model.Weights.Blocks.Any(b => b.FeedForward is { } f && !(f.In.Bias.IsEmpty && (f.Linear?.Bias.IsEmpty ?? true))) =>
                "biases of both branches of a gated FFN",
            _ => null,
        };
    }

    private static JsonObject Config(TransformerModel model)
    {
        ModelConfig c = model.Config;
        bool plain = model.Weights.Blocks.All(b => b.Norm1 is null or { Gain: [], Bias: [] });
        string? norm = c.Norm switch { NormKind.LayerNorm => "LN", NormKind.Rms => "RMS", _ => null };
        var json = new JsonObject
        {
            ["model_type"] = "hooked_transformer",
            ["n_layers"] = c.NLayers,
            ["d_model"] = c.DModel,
            ["n_heads"] = c.NHeads,
            ["n_key_value_heads"] = c.NKeyValueHeads,
            ["d_head"] = c.DHead,
            ["d_vocab"] = c.DVocab,
            ["d_vocab_out"] = c.DVocabOut,
            ["n_ctx"] = c.NCtx,
            ["eps"] = (double)c.NormEpsilon,
            ["attn_only"] = c.AttnOnly,
            ["attn_scale"] = 1 / (double)c.AttentionScale,
            ["normalization_type"] = norm is null ? null : plain ? norm + "Pre" : norm,
            ["parallel_attn_mlp"] = !c.AttnOnly && !BlockPlan.Of(c).AttentionReachesFeedForward,
            ["positional_embedding_type"] = c.Positions switch
            {
                PositionKind.Learned => "standard",
                PositionKind.Rotary => "rotary",
                PositionKind.Shortformer => "shortformer",
                PositionKind.Alibi => "alibi",
                _ => "none",
            },
        };
        if (!c.AttnOnly)
        {
            json["d_mlp"] = c.DMlp;
            json["gated_mlp"] = c.Gated;
            json["act_fn"] = c.Activation switch
            {
                ActivationFunction.Relu => "relu",
                ActivationFunction.GeluExact => "gelu",
                ActivationFunction.GeluTanh => "gelu_new",
                ActivationFunction.Silu => "silu",
                _ => "relu2",
            };
        }

        if (c.Rotary is { } rotary)
        {
            json["rotary_dim"] = rotary.Dim;
            json["rotary_base"] = rotary.Base;
            json["rotary_adjacent_pairs"] = rotary.AdjacentPairs;
        }

        if (c.ScaleByInverseLayer)
        {
            json["scale_attn_by_inverse_layer_idx"] = true;
        }

        foreach ((string name, float? cap) in new[] { ("attn_scores_soft_cap", c.ScoreSoftCap), ("output_logits_soft_cap", c.LogitSoftCap) })
        {
            if (cap is { } value)
            {
                json[name] = value;
            }
        }

        if (c.BosId is { } bos)
        {
            json["bos_token_id"] = bos;
        }

        if (c.EosIds.Count > 0)
        {
            json["eos_token_id"] = new JsonArray([.. c.EosIds.Select(id => (JsonNode)id)]);
        }

        return json;
    }

    private static IEnumerable<NamedTensor> Tensors(TransformerModel model)
    {
        ModelConfig c = model.Config;
        ModelWeights weights = model.Weights;
        float[] embedding = weights.TokenEmbedding.ToArray();
        System.Numerics.Tensors.TensorPrimitives.Multiply(embedding, c.EmbedScale, embedding);
        yield return NamedTensor.Float("embed.W_E", [c.DVocab, c.DModel], embedding);
        if (weights.PositionEmbedding.Length > 0)
        {
            yield return NamedTensor.Float("pos_embed.W_pos", [c.NCtx, c.DModel], weights.PositionEmbedding);
        }

        for (int l = 0; l < c.NLayers; l++)
        {
            BlockWeights block = weights.Blocks[l];
            string at = $"blocks.{l}.", shared = c.NKeyValueHeads == c.NHeads ? "" : "_";
            AttentionWeights attention = block.Attention;
            foreach (NamedTensor tensor in Norm(at + "ln1", block.Norm1)
                .Concat(Heads(at + "attn.{0}_Q", attention.Query, c.NHeads))
                .Concat(Heads($"{at}attn.{shared}{{0}}_K", attention.Key, c.NKeyValueHeads))
                .Concat(Heads($"{at}attn.{shared}{{0}}_V", attention.Value, c.NKeyValueHeads))
                .Append(NamedTensor.Float(at + "attn.W_O", [c.NHeads, c.DHead, c.DModel], Values(attention.Output)))
                .Append(Bias(at + "attn.b_O", attention.Output.Bias, c.DModel))
                .Concat(Norm(at + "ln2", BlockPlan.Of(c).NormBefore(BlockOperation.FeedForward) is { } norm ? block.Norm(norm) : null)))
            {
                yield return tensor;
            }

            if (block.FeedForward is not { } own)
            {
                continue;
            }

            yield return NamedTensor.Float(at + "mlp.W_in", [c.DModel, c.DMlp], Values(own.Linear ?? own.In));
            yield return Bias(at + "mlp.b_in", c.Gated ? own.NeuronBias : own.In.Bias, c.DMlp);
            if (c.Gated)
            {
                yield return NamedTensor.Float(at + "mlp.W_gate", [c.DModel, c.DMlp], Values(own.In));
            }

            yield return NamedTensor.Float(at + "mlp.W_out", [c.DMlp, c.DModel], Values(own.Out));
            yield return Bias(at + "mlp.b_out", own.Out.Bias, c.DModel);
        }

        foreach (NamedTensor tensor in Norm("ln_final", weights.FinalNorm))
        {
            yield return tensor;
        }

        yield return NamedTensor.Float("unembed.W_U", [c.DModel, c.DVocabOut], Values(weights.Unembed));
        yield return Bias("unembed.b_U", weights.Unembed.Bias, c.DVocabOut);
    }

    private static IEnumerable<NamedTensor> Norm(string name, NormWeights? norm)
    {
        if (norm is { Gain.Length: > 0 })
        {
            yield return NamedTensor.Float(name + ".w", [norm.Gain.Length], norm.Gain);
        }

        if (norm is { Bias.Length: > 0 })
        {
            yield return NamedTensor.Float(name + ".b", [norm.Bias.Length], norm.Bias);
        }
    }

    /// <summary>[d_model, head x d_head] as [head, d_model, d_head], and the bias as [head, d_head].</summary>
    private static NamedTensor[] Heads(string name, Linear map, int count)
    {
        int d = map.Inputs, head = map.Outputs / count;
        float[] values = new float[d * map.Outputs], row = new float[map.Outputs];
        for (int i = 0; i < d; i++)
        {
            map.CopyInput(i, row);
            for (int h = 0; h < count; h++)
            {
                row.AsSpan(h * head, head).CopyTo(values.AsSpan(((h * d) + i) * head));
            }
        }

        float[] bias = map.Bias.IsEmpty ? new float[map.Outputs] : map.Bias.ToArray();
        return
        [
            NamedTensor.Float(string.Format(System.Globalization.CultureInfo.InvariantCulture, name, "W"), [count, d, head], values),
            NamedTensor.Float(string.Format(System.Globalization.CultureInfo.InvariantCulture, name, "b"), [count, head], bias),
        ];
    }

    private static float[] Values(Linear map)
    {
        var values = new float[map.Inputs * map.Outputs];
        for (int i = 0; i < map.Inputs; i++)
        {
            map.CopyInput(i, values.AsSpan(i * map.Outputs, map.Outputs));
        }

        return values;
    }

    private static NamedTensor Bias(string name, ReadOnlySpan<float> bias, int width) =>
        NamedTensor.Float(name, [width], bias.IsEmpty ? new float[width] : bias.ToArray());
}
