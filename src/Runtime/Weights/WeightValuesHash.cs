using System.Runtime.InteropServices;
using System.Text;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>
/// SHA-256 of weights that come from no file: over name, shape and little-endian float32 values of each tensor, matrices [inputs, outputs]. How
/// they are packed does not matter, so machines agree.
/// </summary>
internal static class WeightValuesHash
{
    /// <summary>The hash in lower-case hexadecimal.</summary>
    public static string Of(ModelWeights weights) => WeightHash.Of(stream =>
    {
        EmbeddingTable tokens = weights.TokenEmbedding;
        Rows("embed", tokens.Rows, tokens.Width, tokens.CopyRow);
        Values("pos_embed", weights.PositionEmbedding);
        Values("token_type_embed", weights.TokenTypeEmbedding);
        Norm("embed_norm", weights.EmbedNorm);
        for (int layer = 0; layer < weights.Blocks.Count; layer++)
        {
            BlockWeights block = weights.Blocks[layer];
            string at = $"blocks.{layer}.";
            Norm(at + "ln1", block.Norm1);
            Map(at + "q", block.Attention.Query);
            Map(at + "k", block.Attention.Key);
            Map(at + "v", block.Attention.Value);
            Map(at + "o", block.Attention.Output);
            Norm(at + "q_norm", block.Attention.QueryNorm);
            Norm(at + "k_norm", block.Attention.KeyNorm);
            Norm(at + "ln1_post", block.Norm1Post);
            Norm(at + "ln2", block.Norm2);
            Norm(at + "ln2_post", block.Norm2Post);
            Map(at + "router", block.Mixture?.Router);
            foreach (FeedForwardWeights neurons in block.FeedForwards)
            {
                Map(at + "in", neurons.In);
                Map(at + "linear", neurons.Linear);
                Map(at + "out", neurons.Out);
                Values(at + "neuron_bias", neurons.NeuronBias);
            }
        }

        Norm("final_norm", weights.FinalNorm);
        Map("mlm_dense", weights.MlmHead?.Dense);
        Norm("mlm_norm", weights.MlmHead?.Norm);
        Map("unembed", weights.Unembed);

        void Norm(string name, NormWeights? norm)
        {
            if (norm is not null)
            {
                Values(name + ".gain", norm.Gain);
                Values(name + ".bias", norm.Bias);
            }
        }

        void Map(string name, Linear? map)
        {
            if (map is not null)
            {
                Rows(name, map.Inputs, map.Outputs, map.CopyInput);
                Values(name + ".bias", map.Bias);
            }
        }

        void Values(string name, ReadOnlySpan<float> values)
        {
            stream.Write(Encoding.UTF8.GetBytes($"{name}[{values.Length}]\n"));
            stream.Write(MemoryMarshal.AsBytes(values));
        }

        void Rows(string name, int rows, int width, CopyRow copy)
        {
            stream.Write(Encoding.UTF8.GetBytes($"{name}[{rows},{width}]\n"));
            float[] row = new float[width];
            for (int i = 0; i < rows; i++)
            {
                copy(i, row);
                stream.Write(MemoryMarshal.AsBytes<float>(row));
            }
        }
    });

    private delegate void CopyRow(int row, Span<float> destination);
}
