using System.Numerics.Tensors;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Reference;

/// <summary>
/// P2: the same model as Hugging Face transformers. References are float64 runs of its model code. Tolerance 2e-5 for
/// logits: float32 transformers itself is up to 9e-6 away from float64 on these checkpoints; the same is asked of activations,
/// relative to their size where that is above 1, or as close as float32 transformers is where that is further.
/// </summary>
public sealed class HuggingFaceTests
{
    private const double Tolerance = 2e-5;

    public static TheoryData<string> Full => [.. HuggingFaceModels.Full];

    public static TheoryData<string> All => [.. HuggingFaceModels.All];

    public static TheoryData<string> Causal => [.. All.Select(row => row.Data).Where(name => !name.Contains("bert"))];

    [Theory]
    [MemberData(nameof(All))]
    public void Logits_equal_the_reference(string name)
    {
        using Expected expected = Expected.Open("hf", name, "expected.safetensors");
        TransformerModel model = Load(name);
        RunResult run = model.Run(Batch(expected, "input_ids"));
        for (int b = 0; b < run.Batch.Count; b++)
        {
            Close.Assert(expected.Floats("ref_logits", b), Logits(run, b), Tolerance, 0, $"{name} logits {b}");
        }
    }

    [Theory]
    [MemberData(nameof(Full))]
    public void Activations_equal_the_reference(string name)
    {
        using Expected expected = Expected.Open("hf", name, "expected.safetensors");
        TransformerModel model = Load(name);
        bool post = model.Config.Block == BlockStyle.PostNorm;
        double absolute = Math.Max(Tolerance, Float32Error(expected));
        RunResult run = model.Run(Batch(expected, "input_ids"), new RunOptions { Observe = [.. Observed(model)] });
        for (int b = 0; b < run.Batch.Count; b++)
        {
            ActivationCache cache = run.Cache(b);
            for (int l = 0; l < model.Config.NLayers; l++)
            {
                Check("ref_hidden_states", l, Hook.ResidPre(l));
                Check("ref_attentions", l, Hook.Pattern(l));

                // References are before a norm of the branch, which Interp's points are after.
                CheckBranch("ref_attn_out", l, Hook.AttnOut(l), HookKind.Ln1PostScale, HookKind.Ln1PostNormalized);
                CheckBranch("ref_mlp_out", l, Hook.MlpOut(l), HookKind.Ln2PostScale, HookKind.Ln2PostNormalized);
            }

            // The last hidden state is what the unembedding reads; in a post-norm model, the last block's output. OPT-350m's has
            // been projected to another width, which is part of the unembedding here.
            int last = model.Config.NLayers;
            if (expected.Shape("ref_hidden_states")[0] > last)
            {
                Check("ref_hidden_states", last, post ? new HookPoint(HookKind.NormalizedResidPost, last - 1) : Hook.UnembedIn);
            }

            if (expected.Has("ref_resid_final"))
            {
                Compare(expected.Floats("ref_resid_final", b), Hook.ResidPost(last - 1), "ref_resid_final");
            }

            void CheckBranch(string tensor, int l, HookPoint point, HookKind scale, HookKind normalized)
            {
                if (model.Config.Family == "falcon" && tensor == "ref_mlp_out")
                {
                    // Its model code adds attention's output into the same tensor in place, after it was recorded.
                    float[] both = [.. cache.Values(Hook.MlpOut(l)).Zip(cache.Values(Hook.AttnOut(l)), (m, a) => m + a)];
                    Close.Assert(expected.Floats(tensor, l, b), both, Tolerance, Tolerance, $"{name} {tensor}[{l}, {b}]");
                    return;
                }

                if (model.Config.BranchNorms == BranchNorms.Before)
                {
                    Check(tensor, l, point);
                    return;
                }

                float[] scales = cache.Values(new HookPoint(scale, l));
                float[] before = [.. cache.Values(new HookPoint(normalized, l))
                    .Select((x, i) => x * scales[i / model.Config.DModel])];
                Close.Assert(expected.Floats(tensor, l, b), before, Tolerance, Tolerance, $"{name} {tensor}[{l}, {b}]");
            }

            void Check(string tensor, int index, HookPoint point) =>
                Compare(expected.Floats(tensor, index, b), point, $"{tensor}[{index}, {b}]");
            void Compare(float[] reference, HookPoint point, string what) =>
                Close.Assert(reference, cache.Values(point), absolute, Tolerance, $"{name} {what}");
        }
    }

    // BLOOM's stream reaches 90 in these checkpoints, so float32 transformers is 3.2e-5 away there: what it may, this may.
    private static double Float32Error(Expected expected)
    {
        float[] difference = expected.Floats("ref_hidden_states");
        TensorPrimitives.Subtract(difference, expected.Floats("f32_hidden_states"), difference);
        return Math.Abs(TensorPrimitives.MaxMagnitude<float>(difference));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_padded_batch_is_reproduced_by_its_rows_without_padding(string name)
    {
        using Expected expected = Expected.Open("hf", name, "expected.safetensors");
        TransformerModel model = Load(name);
        var padded = new PaddedBatch(expected, model.Config);
        RunResult run = model.Run(padded.Rows());

        // With left padding and learned positions the reference that counts positions from the padding's end means the same as
        // no padding; OPT always counts so. Elsewhere only distances count, so both references hold.
        bool moves = model.Config is { Positions: PositionKind.Learned, Causal: true, Family: not "opt" };
        foreach (string reference in new[] { "padpos_ref_logits", "pad_ref_logits" }.Where(expected.Has))
        {
            for (int b = 0; b < padded.Kept.Length; b++)
            {
                int[] kept = padded.Kept[b];

                // Where padding moves positions, the row runs on a table of positions moved as far.
                RunResult alone = moves && reference == "pad_ref_logits" && kept[0] > 0
                    ? ShiftedPositions.Of(model, kept[0]).Run(run.Batch.Tokens(b).ToArray())
                    : run;
                for (int i = 0; i < kept.Length; i++)
                {
                    Close.Assert(
                        expected.Floats(reference, b, kept[i]), alone.LogitsAt(alone == run ? b : 0, i), Tolerance, 0,
                        $"{name} {reference} row {b} position {i}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Full))]
    public void Attention_and_the_last_stream_of_a_padded_batch_are_those_of_its_rows(string name)
    {
        using Expected expected = Expected.Open("hf", name, "expected.safetensors");
        TransformerModel model = Load(name);
        var padded = new PaddedBatch(expected, model.Config);
        bool moves = model.Config is { Positions: PositionKind.Learned, Causal: true, Family: not "opt" };
        bool post = model.Config.Block == BlockStyle.PostNorm;
        HookPoint last = post ? new HookPoint(HookKind.NormalizedResidPost, model.Config.NLayers - 1) : Hook.UnembedIn;
        double absolute = Math.Max(Tolerance, Float32Error(expected));
        for (int b = 0; b < padded.Kept.Length; b++)
        {
            int[] kept = padded.Kept[b];
            ActivationCache cache = (moves ? ShiftedPositions.Of(model, kept[0]) : model)
                .Run(padded.Row(b), new RunOptions { Observe = ["blocks.*.attn.hook_pattern", last] }).Cache();
            for (int i = 0; i < kept.Length; i++)
            {
                for (int l = 0; l < model.Config.NLayers; l++)
                {
                    for (int h = 0; h < model.Config.NHeads; h++)
                    {
                        float[] row = expected.Floats("pad_ref_attentions", l, b, h, kept[i]);
                        Close.Assert(
                            [.. kept.Select(k => row[k])], cache.Row(Hook.Pattern(l), i, h)[..kept.Length],
                            absolute, Tolerance, $"{name} pattern {l}, {h} of row {b} position {i}");
                    }
                }

                // OPT-350m's last stream has another width: its projection is part of the unembedding here.
                if (expected.Shape("pad_ref_hidden_last")[2] == model.Config.DModel)
                {
                    Close.Assert(
                        expected.Floats("pad_ref_hidden_last", b, kept[i]), cache.Row(last, i), absolute, Tolerance,
                        $"{name} last stream of row {b} position {i}");
                }
            }
        }
    }

    /// <summary>A padded batch of the reference, and which places of each row are not padding.</summary>
    private sealed class PaddedBatch(Expected expected, ModelConfig config)
    {
        private readonly int[][] _ids = expected.Rows("pad_input_ids");
        private readonly int[][]? _types = expected.Has("token_type_ids") ? expected.Rows("token_type_ids") : null;

        public int[][] Kept { get; } =
            [.. expected.Rows("pad_attention_mask").Select(m => Enumerable.Range(0, m.Length).Where(i => m[i] == 1).ToArray())];

        public TokenBatch Rows() => new(Kept.Select((_, b) => Cut(_ids, b)), _types is null ? null : Kept.Select((_, b) => Cut(_types, b)));

        public TokenBatch Row(int b) => new([Cut(_ids, b)], _types is null ? null : [Cut(_types, b)]);

        /// <summary>
        /// A row without its padding. Where rotary frequencies depend on the length, the reference takes that of the longest row: the
        /// others are continued to it, which a causal model's earlier positions do not see.
        /// </summary>
        private int[] Cut(int[][] rows, int b)
        {
            int[] own = [.. Kept[b].Select(i => rows[b][i])];
            int more = config.Rotary is { DependsOnLength: true } ? Kept.Max(k => k.Length) - own.Length : 0;
            return [.. own, .. Enumerable.Repeat(own[^1], more)];
        }
    }

    [Theory]
    [MemberData(nameof(Causal))]
    public void Greedy_continuations_are_equal_token_for_token_with_and_without_cache(string name)
    {
        using Expected expected = Expected.Open("hf", name, "expected.safetensors");
        TransformerModel model = Load(name);
        foreach (bool useCache in new[] { true, false })
        {
            int[][] reference = expected.Rows(useCache || !expected.Has("gen_nocache_ids") ? "gen_ids" : "gen_nocache_ids");
            IReadOnlyList<IReadOnlyList<int>> found = model.Generate(
                Batch(expected, "gen_prompt_ids"), new GenerateOptions { MaxNewTokens = 12, UseCache = useCache });
            Assert.Equal(reference.Select(r => string.Join(' ', r)), found.Select(r => string.Join(' ', r)));
        }
    }

    internal static IEnumerable<HookQuery> Observed(TransformerModel model) =>
        model.Hooks.AllPoints.Where(p => p.Kind is not (HookKind.AttnIn or HookKind.QInput or HookKind.KInput or HookKind.VInput))
            .Select(p => (HookQuery)p);

    internal static TransformerModel Load(string name) => ReferenceModel.Load(Fixtures.Require(Path.Combine("hf", name)));

    internal static float[] Logits(RunResult run, int sequence)
    {
        var values = new float[run.Logits(sequence).FlattenedLength];
        run.Logits(sequence).FlattenTo(values);
        return values;
    }

    private static TokenBatch Batch(Expected expected, string name) =>
        new(expected.Rows(name), name == "input_ids" && expected.Has("token_type_ids") ? expected.Rows("token_type_ids") : null);
}
