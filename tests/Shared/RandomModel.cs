using CsCheck;
using Interp.Runtime;

namespace Interp.Tests;

/// <summary>Small random models of every block style, and generators of them for property tests.</summary>
internal static class RandomModel
{
    /// <summary>
    /// Random configurations: styles, norms, positions, grouped queries, gates, windows; half of them also with norms after
    /// the branches, norms of queries and keys, soft-caps, experts and scaled embeddings.
    /// </summary>
    public static Gen<ModelConfig> Configs => Plain.SelectMany(config => Gen.Bool.SelectMany(b => b ? Varied(config) : Gen.Const(config)));

    private static Gen<ModelConfig> Plain { get; } =
        from block in Gen.Enum<BlockStyle>()
        from norm in Pick(NormKind.LayerNorm, NormKind.Rms, NormKind.LayerNorm, NormKind.None)
        from positions in Gen.Enum<PositionKind>()
        from groups in Pick((4, 4), (4, 2), (4, 1), (3, 3))
        from head in Pick(4, 6, 8)
        from gated in Gen.Bool
        from attnOnly in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))
        from causal in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        from window in Pick<int?>(null, null, 3)
        from activation in Pick(
            ActivationFunction.Relu, ActivationFunction.GeluExact, ActivationFunction.GeluTanh, ActivationFunction.Silu,
            ActivationFunction.ReluSquared)
        from adjacent in Gen.Bool
        let post = block == BlockStyle.PostNorm
        select Config(
            block,
            // Shared norms and post-norm blocks need a norm; positions added to q and k need the stream itself.
            norm,
            positions == PositionKind.Shortformer && post ? PositionKind.Learned : positions,
            groups.Item1,
            groups.Item2,
            head,
            gated,
            attnOnly && !post,
            causal,
            window,
            activation,
            adjacent);

    private static Gen<ModelConfig> Varied(ModelConfig config) =>
        from branches in Gen.Enum<BranchNorms>()
        from qkNorm in Gen.Enum<QkNorm>()
        from scoreCap in Pick<float?>(null, 4)
        from logitCap in Pick<float?>(null, 6)
        from experts in Pick((0, 0), (3, 1), (4, 2))
        from scale in Pick(1, 3.7f)
        let norms = config.Norm != NormKind.None
        select config with
        {
            BranchNorms = norms && config.Block != BlockStyle.PostNorm ? branches : BranchNorms.Before,
            QkNorm = norms ? qkNorm : QkNorm.None,
            ScoreSoftCap = scoreCap,
            LogitSoftCap = logitCap,
            Experts = config.AttnOnly ? 0 : experts.Item1,
            ExpertsPerToken = config.AttnOnly ? 0 : experts.Item2,
            EmbedScale = scale,
        };

    /// <summary>One of the values.</summary>
    public static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    public static ModelConfig Config(
        BlockStyle block = BlockStyle.PreNorm,
        NormKind norm = NormKind.LayerNorm,
        PositionKind positions = PositionKind.Learned,
        int heads = 4,
        int keyHeads = 4,
        int head = 8,
        bool gated = false,
        bool attnOnly = false,
        bool causal = true,
        int? window = null,
        ActivationFunction activation = ActivationFunction.GeluTanh,
        bool adjacent = false) => new()
        {
            Family = "random",
            NLayers = 3,
            DModel = 24,
            NHeads = heads,
            NKeyValueHeads = keyHeads,
            DHead = head,
            DMlp = attnOnly ? 0 : 40,
            DVocab = 37,
            NCtx = 48,
            Block = block,
            Norm = norm,
            Positions = positions,
            Rotary = positions == PositionKind.Rotary ? new RotaryConfig(4, 10000, adjacent) : null,
            Causal = causal,
            Windows = window is null ? null : [window, null, window],
            AttentionScale = 1f / MathF.Sqrt(head),
            Activation = activation,
            Gated = gated,
            FinalNorm = block != BlockStyle.PostNorm,
        };

    /// <summary>A model of the configuration with random weights; biases and gains when asked for.</summary>
    public static TransformerModel Create(ModelConfig config, int seed = 0, bool biases = true)
    {
        var random = new Random(seed);
        int d = config.DModel, heads = config.NHeads * config.DHead, keys = config.NKeyValueHeads * config.DHead, mlp = config.DMlp;
        bool norms = config.Norm != NormKind.None, before = norms && config.BranchNorms != BranchNorms.After;
        bool after = config.BranchNorms != BranchNorms.Before;

        // Without norms a gated square would grow beyond float32 in three layers.
        double deviation = norms ? 1.5 : 0.5;
        return TransformerModel.Create(
            config,
            new ModelWeights
            {
                TokenEmbedding = new EmbeddingTable(Normal(config.DVocab * d, 1), d),
                PositionEmbedding = config.Outline.HasPosEmbed ? Normal(config.NCtx * d, 0.5) : [],
                Blocks = [.. Enumerable.Range(0, config.NLayers).Select(_ => Block())],
                FinalNorm = norms && config.FinalNorm ? Norm(d) : null,
                Unembed = Map(d, config.DVocab),
            },
            "random");

        BlockWeights Block() => new(
            before ? Norm(d) : null,
            new AttentionWeights(Map(d, heads), Map(d, keys), Map(d, keys), Map(heads, d))
            {
                QueryNorm = config.QkNorm == QkNorm.None ? null : Norm(config.QkNorm == QkNorm.PerHead ? config.DHead : heads),
                KeyNorm = config.QkNorm == QkNorm.None ? null : Norm(keys),
            },
            before && config.Block != BlockStyle.ParallelSharedNorm && !config.AttnOnly ? Norm(d) : null,
            config.AttnOnly || config.Experts > 0 ? null : FeedForward())
        {
            Norm1Post = after ? Norm(d) : null,
            Norm2Post = after && !config.AttnOnly ? Norm(d) : null,
            Mixture = config.Experts == 0
                ? null
                : new MixtureWeights(
                    Map(d, config.Experts), [.. Enumerable.Range(0, config.Experts).Select(_ => FeedForward())]),
        };
        FeedForwardWeights FeedForward() => new(
            Map(d, mlp), config.Gated ? Map(d, mlp) : null, Map(mlp, d), config.Gated && biases && config.Experts > 0 ? Normal(mlp, 0.1) : []);
        NormWeights Norm(int width) => biases
            ? new([.. Normal(width, 0.3).Select(x => 1 + x)], config.Norm == NormKind.LayerNorm ? Normal(width, 0.3) : [])
            : NormWeights.Plain;
        Linear Map(int inputs, int outputs) => Linear.FromInputsByOutputs(
            Normal(inputs * outputs, deviation / Math.Sqrt(inputs)), inputs, outputs, biases ? Normal(outputs, 0.3) : null);
        float[] Normal(int count, double deviation) => [.. Enumerable.Range(0, count).Select(_ =>
            (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    /// <summary>Random token ids.</summary>
    public static int[] Tokens(int length, int seed, int vocabulary = 37)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(vocabulary))];
    }
}
