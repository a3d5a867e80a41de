using Interp.Runtime;
using Interp.Runtime.Tests.Reference;

namespace Interp.Analysis.Tests.Weights;

/// <summary>A loaded model of the Llama family as the float64 model of the tests, with the weights that it holds.</summary>
internal static class FloatModel
{
    public static PlainModel Of(TransformerModel model)
    {
        ModelConfig config = model.Config;
        var weights = new Dictionary<string, (int[] Shape, float[] Values)>
        {
            ["model.embed_tokens.weight"] = ([config.DVocab, config.DModel], model.Weights.TokenEmbedding.ToArray()),
        };
        for (int l = 0; l < config.NLayers; l++)
        {
            BlockWeights block = model.Weights.Blocks[l];
            string at = $"model.layers.{l}.";
            Norm(at + "input_layernorm", block.Norm1!);
            Norm(at + "post_attention_layernorm", block.Norm2!);
            Map(at + "self_attn.q_proj", block.Attention.Query);
            Map(at + "self_attn.k_proj", block.Attention.Key);
            Map(at + "self_attn.v_proj", block.Attention.Value);
            Map(at + "self_attn.o_proj", block.Attention.Output);
            Map(at + "mlp.gate_proj", block.FeedForward!.In);
            Map(at + "mlp.up_proj", block.FeedForward.Linear!);
            Map(at + "mlp.down_proj", block.FeedForward.Out);
        }

        Norm("model.norm", model.Weights.FinalNorm!);
        Map("lm_head", model.Weights.Unembed);
        return new PlainModel(weights)
        {
            Layers = config.NLayers,
            Heads = config.NHeads,
            KeyValueHeads = config.NKeyValueHeads,
            HeadDim = config.DHead,
            Theta = config.Rotary!.Base,
            Rotary = config.Rotary.Dim,
            Epsilon = config.NormEpsilon,
        };

        void Norm(string name, NormWeights norm) => weights[name + ".weight"] = (
            [config.DModel], norm.Gain.Length > 0 ? norm.Gain : [.. Enumerable.Repeat(1f, config.DModel)]);

        void Map(string name, Linear map)
        {
            var values = new float[map.Inputs * map.Outputs];
            for (int i = 0; i < map.Outputs; i++)
            {
                map.CopyOutput(i, values.AsSpan(i * map.Inputs, map.Inputs));
            }

            weights[name + ".weight"] = ([map.Outputs, map.Inputs], values);
            if (!map.Bias.IsEmpty)
            {
                weights[name + ".bias"] = ([map.Outputs], map.Bias.ToArray());
            }
        }
    }
}
