using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What a lens reads: the stream at a point, or a write to it.</summary>
/// <param name="Point">A point with rows of d_model numbers.</param>
/// <param name="Head">The head, where the point has heads; else -1.</param>
public readonly record struct LensPlace(HookPoint Point, int Head = -1);

/// <summary>Receives the logits that a lens reads.</summary>
/// <param name="place">Index of the place.</param>
/// <param name="position">Position in the prompt.</param>
/// <param name="logits">[d_vocab]; gone after the call.</param>
public delegate void LensHandler(int place, int position, ReadOnlySpan<float> logits);

/// <summary>
/// The logit lens (nostalgebraist 2020): a vector from the middle of the model is read as if it stood at the top of the stream,
/// through the last norm with its own scale (or a masked-language-model's head), the unembedding and the soft-cap. The run with
/// that vector in the top's place computes it, so the top itself gives the bits of the run. With translators it is
/// the tuned lens (Belrose et al. 2023).
/// </summary>
public static class LogitLens
{
    /// <summary>The places of some sites in all layers: <c>resid</c> is the stream entering each layer and the top.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sites">resid, resid_mid, attn_out, mlp_out, result (each head).</param>
    /// <exception cref="InvalidInputException">A site is none of these, or the model does not have it.</exception>
    public static IReadOnlyList<LensPlace> Places(TransformerModel model, params IReadOnlyList<string> sites)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sites);
        int layers = model.Config.NLayers;
        return [.. sites.SelectMany(site => site switch
        {
            "resid" => Each(HookKind.ResidPre).Append(new LensPlace(Top(model))),
            "resid_mid" => Each(HookKind.ResidMid),
            "attn_out" => Each(HookKind.AttnOut),
            "mlp_out" => Each(HookKind.MlpOut),
            "result" => Each(HookKind.Result).SelectMany(
                place => Enumerable.Range(0, model.Config.NHeads).Select(h => place with { Head = h })),
            _ => throw new InvalidInputException(
                $"site '{site}': a lens reads resid, resid_mid, attn_out, mlp_out, result"),
        })];

        IEnumerable<LensPlace> Each(HookKind kind) =>
            Enumerable.Range(0, layers).Select(l => new LensPlace(model.Hooks.Require(new HookPoint(kind, l))));
    }

    /// <summary>The top of the stream: what the last norm, or the head before the unembedding, reads.</summary>
    /// <param name="model">The model.</param>
    public static HookPoint Top(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        int last = model.Config.NLayers - 1;
        var normed = new HookPoint(HookKind.NormalizedResidPost, last);
        return model.Hooks.Contains(normed) ? normed : Hook.ResidPost(last);
    }

    /// <summary>Reads all places of one prompt.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cache">What the prompt's run recorded: the places' points.</param>
    /// <param name="tokens">The prompt.</param>
    /// <param name="places">What is read.</param>
    /// <param name="positions">For which positions logits are wanted.</param>
    /// <param name="handle">Receives them; in any order of places, positions ascending within one.</param>
    /// <param name="translators">Translators of a tuned lens, or null.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <param name="cancellation">Stops between places.</param>
    /// <exception cref="InvalidInputException">A position is out of range, or a point was not recorded.</exception>
    public static void Read(
        TransformerModel model, ActivationCache cache, IReadOnlyList<int> tokens, IReadOnlyList<LensPlace> places,
        IReadOnlyList<int> positions, LensHandler handle, TunedLens? translators = null, int threads = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cache);
        cache.RequireModel(model);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(places);
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(handle);
        int[] wanted = [.. positions.Select(p => Positions.Resolve(p, tokens.Count, "the prompt")).Distinct().Order()];
        HookPoint top = Top(model);

        // One place at a time: its vectors are made, read and dropped.
        for (int i = 0; i < places.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            int place = i;
            float[] vectors = Vectors(model, cache, places[i], translators);
            var patch = new Patch(top, new TensorValue([tokens.Count, model.Config.DModel], vectors), Scope.Everything);
            VariantEngines.Default.Run(
                model, new TokenBatch([tokens]), [new Variant(0, [patch])],
                new VariantOptions { Logits = LogitRows.At(wanted), Threads = threads, Cancellation = cancellation },
                (in VariantResult result) =>
                {
                    for (int row = 0; row < wanted.Length; row++)
                    {
                        handle(place, wanted[row], result.Row(row));
                    }
                });
        }
    }

    private static float[] Vectors(TransformerModel model, ActivationCache cache, LensPlace place, TunedLens? translators)
    {
        int d = model.Config.DModel;
        if (place.Head < 0)
        {
            float[] values = cache.Values(place.Point);
            return translators is not null && place.Point.Kind == HookKind.ResidPre
                ? translators.Translate(place.Point.Layer, values)
                : values;
        }

        var vectors = new float[cache.Positions * d];
        for (int p = 0; p < cache.Positions; p++)
        {
            cache.Row(place.Point, p, place.Head).CopyTo(vectors.AsSpan(p * d));
        }

        return vectors;
    }
}
