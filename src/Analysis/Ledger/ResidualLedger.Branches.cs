using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>The norm between a component and the sum, through which its write is carried; null when there is none.</summary>
    private Normed? BranchNorm(Component component)
    {
        (NormWeights? weights, HookKind scale) = component.Kind switch
        {
            ComponentKind.Attn or ComponentKind.Head or ComponentKind.HeadSource or ComponentKind.AttnBias =>
                (_model.Weights.Blocks[component.Layer].Norm1Post, HookKind.Ln1PostScale),
            ComponentKind.Mlp or ComponentKind.Expert or ComponentKind.Neuron or ComponentKind.MlpBias =>
                (_model.Weights.Blocks[component.Layer].Norm2Post, HookKind.Ln2PostScale),
            _ => (null, default),
        };
        return weights is null
            ? null
            : new Normed(new HookPoint(scale, component.Layer), weights, _model.Config.Norm, default);
    }

    /// <summary>The chosen experts of a layer, or their neurons.</summary>
    private IEnumerable<Component> SplitMixture(int layer, LedgerDetail detail, int p)
    {
        int[] experts =
        [
            .. _cache.Values(new HookPoint(HookKind.ExpertIndices, layer))
                .Skip(p * _model.Config.ExpertsPerToken).Take(_model.Config.ExpertsPerToken).Select(i => (int)i).Distinct(),
        ];
        return detail == LedgerDetail.Neuron
            ? from expert in experts
              from neuron in Enumerable.Range(0, _model.Config.DMlp)
              select new Component(ComponentKind.Neuron, layer, Neuron: neuron, Expert: expert)
            : experts.Select(expert => new Component(ComponentKind.Expert, layer, Expert: expert));
    }

    /// <summary>Adds what a mixture, one expert, one neuron or the experts' biases write, at the shares that the run recorded.</summary>
    private void AddMixture(MixtureWeights mixture, Component component, int p, float[] vector)
    {
        int slots = _model.Config.ExpertsPerToken, experts = _model.Config.Experts, layer = component.Layer;
        var indices = new ReadOnlySpan<float>(
            _cache.Values(new HookPoint(HookKind.ExpertIndices, layer)), p * slots, slots);
        var shares = new float[slots];
        ExpertRouting.Shares(_cache.Row(new HookPoint(HookKind.ExpertWeights, layer), p), indices, shares);
        for (int slot = 0; slot < slots; slot++)
        {
            int expert = (int)indices[slot];
            if (component.Expert >= 0 && component.Expert != expert)
            {
                continue;
            }

            Linear output = mixture.Experts[expert].Out;
            if (component.Kind == ComponentKind.MlpBias)
            {
                if (!output.Bias.IsEmpty)
                {
                    TensorPrimitives.MultiplyAdd(output.Bias, shares[slot], vector, vector);
                }

                continue;
            }

            var neurons = new float[_model.Config.DMlp];
            TensorPrimitives.Multiply(_cache.Row(new HookPoint(HookKind.ExpertPost, layer), p, slot), shares[slot], neurons);
            if (component.Neuron >= 0)
            {
                AddInputs(output, component.Neuron, neurons.AsSpan(component.Neuron, 1), vector);
            }
            else
            {
                AddInputs(output, 0, neurons, vector);
            }
        }
    }

    /// <summary>
    /// The factor c tanh(x / c) / x by which the run's soft-cap took a token's logit x, 1 where x is 0 or there is no cap.
    /// </summary>
    private double CapFactor(int p, int token)
    {
        if (_model.Config.LogitSoftCap is not { } cap)
        {
            return 1;
        }

        Linear unembed = _model.Weights.Unembed;
        var column = new float[unembed.Inputs];
        unembed.CopyOutput(token, column);
        double logit = unembed.Bias.IsEmpty ? 0 : unembed.Bias[token];
        ReadOnlySpan<float> input = _cache.Row(Hook.UnembedIn, p);
        for (int i = 0; i < column.Length; i++)
        {
            logit += (double)column[i] * input[i];
        }

        return logit == 0 ? 1 : cap * Math.Tanh(logit / cap) / logit;
    }
}
