using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>What the hook table knows of a configuration.</summary>
public static class ModelOutlines
{
    extension(ModelConfig config)
    {
        /// <summary>What the hook table has to know of this model.</summary>
        public ModelOutline Outline => new()
        {
            NLayers = config.NLayers,
            DModel = config.DModel,
            NHeads = config.NHeads,
            NKeyValueHeads = config.NKeyValueHeads,
            DHead = config.DHead,
            DMlp = config.DMlp,
            DVocab = config.DVocabOut,
            BlockPoints = BlockPlan.Of(config).Points,
            HasPosEmbed = config.Positions is PositionKind.Learned or PositionKind.Shortformer,
            HasTokenTypes = config.TokenTypes > 0,
            HasEmbedNorm = config.EmbedNorm,
            Experts = config.Experts,
            ExpertsPerToken = config.ExpertsPerToken,
            AttnOnly = config.AttnOnly,
            GatedMlp = config.Gated && !config.AttnOnly,
            Causal = config.Causal,
            Window = config.Window,
            HasFinalNorm = config.FinalNorm && config.Norm != NormKind.None,
            HasMlmHead = config.MlmHead,
            HasUnembed = config.HasUnembed,
            EncoderNames = !config.Causal && config.EmbedNorm,
        };
    }
}
