using Interp.Runtime;

namespace Interp.Tests;

/// <summary>A model whose positions begin at an offset, as those of a row of a batch that is padded on the left.</summary>
internal static class ShiftedPositions
{
    public static TransformerModel Of(TransformerModel model, int offset)
    {
        ModelWeights weights = model.Weights;
        return TransformerModel.Create(
            model.Config with { NCtx = model.Config.NCtx - offset },
            weights with { PositionEmbedding = weights.PositionEmbedding[(offset * model.Config.DModel)..] },
            model.Name);
    }
}
