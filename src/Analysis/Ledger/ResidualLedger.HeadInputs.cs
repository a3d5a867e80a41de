using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>
    /// What a head's query, key or value holds along a vector: hook_q . u (before norms of queries and keys and before
    /// rotary), as a reading of the stream that enters the layer. Needs <see cref="InputNeeds"/> besides.
    /// </summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based query head; its key and value are those of its group.</param>
    /// <param name="input">Query, key or value.</param>
    /// <param name="position">Position whose query, key or value is read; negative counts from the end.</param>
    /// <param name="along">u, [d_head].</param>
    /// <exception cref="InvalidInputException">Layer, head or position is out of range, or u has another length.</exception>
    public StreamReading ReadHead(int layer, int head, QkvInput input, int position, IReadOnlyList<double> along)
    {
        ArgumentNullException.ThrowIfNull(along);
        ModelConfig config = _model.Config;
        int p = Resolve(position);
        RequireHead(layer, head);
        if (along.Count != config.DHead)
        {
            throw new InvalidInputException($"direction in a head: expected {config.DHead} numbers, found {along.Count}");
        }

        BlockWeights block = _model.Weights.Blocks[layer];
        Linear map = StreamReading.MapOf(block.Attention, input);
        int own = input == QkvInput.Query ? head : head / (config.NHeads / config.NKeyValueHeads);
        double[] u = [.. along], direction = new double[config.DModel];
        var column = new float[config.DModel];
        for (int i = 0; i < u.Length; i++)
        {
            map.CopyOutput((own * config.DHead) + i, column);
            for (int j = 0; j < column.Length; j++)
            {
                direction[j] += u[i] * column[j];
            }
        }

        List<DecompositionRow> rows = [];
        if (config.Positions == PositionKind.Shortformer && input != QkvInput.Value)
        {
            rows.Add(Constant(new Component(ComponentKind.PosEmbed), _cache.Row(Hook.PosEmbed, p), direction));
        }

        double? scale = null;
        if (_plan.NormBefore(BlockOperation.Project) is { } place && block.Norm(place) is { } norm)
        {
            var point = new HookPoint(HookKind.Ln1Scale, layer);
            if (norm.Bias.Length > 0)
            {
                rows.Add(Constant(new Component(ComponentKind.Norm1Bias, layer), norm.Bias, direction));
            }

            scale = _cache.Row(point, p)[0];
            direction = new Normed(point, norm, config.Norm, default).PullBack(direction, scale.Value);
        }

        if (!map.Bias.IsEmpty)
        {
            ComponentKind kind = input switch
            {
                QkvInput.Query => ComponentKind.QueryBias,
                QkvInput.Key => ComponentKind.KeyBias,
                _ => ComponentKind.ValueBias,
            };
            rows.Add(Constant(new Component(kind, layer, head), map.Bias.Slice(own * config.DHead, config.DHead), u));
        }

        var read = new HookPoint(StreamReading.KindOf(input), layer);
        double actual = Dots.Of(_cache.Row(read, p, own), u);
        double largest = 0;
        for (int i = 0; i < u.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(u[i] * _cache.Row(read, p, own)[i]));
        }

        return new StreamReading
        {
            Position = p,
            At = Hook.ResidPre(layer),
            Direction = direction,
            Constants = rows,
            Actual = actual,
            Largest = largest,
            Scale = scale,
            Edited = _cache.Changed.Any(c => c.Layer == layer && c.Kind is HookKind.Ln1Normalized or HookKind.QInput
                or HookKind.KInput or HookKind.VInput or HookKind.AttnIn or HookKind.Q or HookKind.K or HookKind.V),
        };
    }

    /// <summary>
    /// An attention score, scale q . k, as a reading of the stream at its destination (the key held as recorded) or at its
    /// source (the query held). Soft-caps and position penalties come after it and are no part of it.
    /// </summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    /// <param name="input">Query: the destination's stream is taken apart; key: the source's.</param>
    /// <param name="destination">Position that attends; negative counts from the end.</param>
    /// <param name="source">Position that is attended to; negative counts from the end.</param>
    /// <exception cref="InvalidInputException">Something is out of range, or queries and keys are normalised across heads.</exception>
    public StreamReading ReadScore(int layer, int head, QkvInput input, int destination, int source)
    {
        RequireHead(layer, head);
        ModelConfig config = _model.Config;
        AttentionWeights weights = _model.Weights.Blocks[layer].Attention;
        bool query = input == QkvInput.Query;
        if (input == QkvInput.Value)
        {
            throw new InvalidInputException("a score is read through a query or a key, not through a value");
        }

        int held = Resolve(query ? source : destination), read = Resolve(query ? destination : source);
        int group = head / (config.NHeads / config.NKeyValueHeads);
        bool rotary = config.Positions == PositionKind.Rotary;
        bool normed = config.QkNorm != QkNorm.None && config.Norm != NormKind.None;
        if (normed && config.QkNorm == QkNorm.WholeProjection && config.Norm == NormKind.LayerNorm)
        {
            throw new InvalidInputException(
                $"{_model.Name}: queries and keys are normalised over all heads together, so a score is no reading of one head");
        }

        double[] u = [.. Held(query ? QkvInput.Key : QkvInput.Query, held).Select(x => x * config.ScoreScale(layer))];
        if (rotary)
        {
            TurnBack(u, read);
        }

        double constant = 0;
        if (normed && (query ? weights.QueryNorm : weights.KeyNorm) is { } norm)
        {
            int own = query ? head : group;
            int first = norm.Gain.Length > config.DHead || norm.Bias.Length > config.DHead ? own * config.DHead : 0;
            var part = new NormWeights(Part(norm.Gain, first), Part(norm.Bias, first));
            constant = part.Bias.Length > 0 ? Dots.Of(part.Bias, u) : 0;
            var point = new HookPoint(query ? HookKind.QNormScale : HookKind.KNormScale, layer);
            u = new Normed(point, part, config.Norm, default).PullBack(u, _cache.Row(point, read, own)[0]);
        }

        StreamReading reading = ReadHead(layer, head, input, read, u);
        return constant == 0 ? reading : reading with
        {
            Actual = reading.Actual + constant,
            Constants =
            [
                .. reading.Constants,
                new DecompositionRow(
                    new Component(query ? ComponentKind.QueryNormBias : ComponentKind.KeyNormBias, layer, head), 0, null, constant),
            ],
        };

        float[] Part(float[] values, int first) => values.Length == 0 ? [] : values[first..(first + config.DHead)];

        double[] Held(QkvInput kind, int position)
        {
            int own = kind == QkvInput.Query ? head : group;
            HookKind site = kind == QkvInput.Query
                ? rotary ? HookKind.RotQ : normed ? HookKind.QNormNormalized : HookKind.Q
                : rotary ? HookKind.RotK : normed ? HookKind.KNormNormalized : HookKind.K;
            double[] values = [.. _cache.Row(new HookPoint(site, layer), position, own).ToArray().Select(x => (double)x)];
            NormWeights? after = normed && !rotary ? (kind == QkvInput.Query ? weights.QueryNorm : weights.KeyNorm) : null;
            for (int i = 0; after is not null && i < values.Length; i++)
            {
                int at = (after.Gain.Length > config.DHead ? own * config.DHead : 0) + i;
                values[i] = (values[i] * (after.Gain.Length > 0 ? after.Gain[at] : 1)) + (after.Bias.Length > 0 ? after.Bias[at] : 0);
            }

            return values;
        }
    }

    /// <summary>
    /// What one head moves from one source to a reading at its destination, as a reading of the source's stream: the value
    /// along direction^T W_O[h], times the pattern. It is the head's row by source token, followed one step further back.
    /// </summary>
    /// <param name="reading">A reading at the destination, above the head.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    /// <param name="source">Position that the head reads; negative counts from the end.</param>
    /// <exception cref="InvalidInputException">Head or source is out of range, or the head is not below the reading.</exception>
    public StreamReading ReadMoved(StreamReading reading, int layer, int head, int source)
    {
        ArgumentNullException.ThrowIfNull(reading);
        RequireHead(layer, head);
        int from = Resolve(source), p = reading.Position;
        double[] direction = [.. reading.Direction];
        for (int i = _steps.FindIndex(step => step is Recorded r && r.Point == reading.At); i >= 0; i--)
        {
            if (_steps[i] is Normed norm)
            {
                direction = norm.PullBack(direction, _cache.Row(norm.Scale, p)[0]);
            }
            else if (_steps[i] is Written { Component: { Kind: ComponentKind.Attn } attention } && attention.Layer == layer)
            {
                double weight = _cache.Row(Hook.Pattern(layer), p, head)[from];
                return ReadHead(
                    layer, head, QkvInput.Value, from, [.. Space(layer, head, p).Project(direction).Select(x => weight * x)]);
            }
        }

        throw new InvalidInputException($"head {layer}.{head}: expected one below what is read");
    }

    /// <summary>The points that readings of a layer's heads need besides <see cref="Needs"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">0-based layer.</param>
    public static IReadOnlyList<HookQuery> InputNeeds(TransformerModel model, int layer)
    {
        ArgumentNullException.ThrowIfNull(model);
        HookKind[] kinds =
        [
            HookKind.Ln1Scale, HookKind.Q, HookKind.K, HookKind.V, HookKind.RotQ, HookKind.RotK, HookKind.QNormScale,
            HookKind.KNormScale, HookKind.QNormNormalized, HookKind.KNormNormalized, HookKind.Pattern,
        ];
        return [.. model.Hooks.AllPoints.Where(p => p.Layer == layer && kinds.Contains(p.Kind)).Select(p => (HookQuery)p)];
    }

    /// <summary>The transposed rotation of a position: what q . u reads after the rotation, before it.</summary>
    private void TurnBack(double[] u, int position)
    {
        RotaryConfig rotary = _model.Config.Rotary!;
        float[] frequencies = rotary.InverseFrequencies(_cache.Positions);
        int step = rotary.AdjacentPairs ? 2 : 1, partner = rotary.AdjacentPairs ? 1 : frequencies.Length;
        for (int i = 0; i < frequencies.Length; i++)
        {
            // The angle is a float32 product, as in the forward pass.
            double angle = position * frequencies[i];
            double cos = Math.Cos(angle) * rotary.AttentionFactor, sin = Math.Sin(angle) * rotary.AttentionFactor;
            ref double a = ref u[i * step], b = ref u[(i * step) + partner];
            (a, b) = ((a * cos) + (b * sin), (b * cos) - (a * sin));
        }
    }

    private static DecompositionRow Constant(Component component, ReadOnlySpan<float> vector, double[] direction) =>
        new(component, Dots.Norm(vector), null, Dots.Of(vector, direction));

    private void RequireHead(int layer, int head)
    {
        ModelConfig config = _model.Config;
        if ((uint)layer >= (uint)config.NLayers || (uint)head >= (uint)config.NHeads)
        {
            throw new InvalidInputException(
                $"head {layer}.{head} is out of range, expected 0..{config.NLayers - 1}.0..{config.NHeads - 1}");
        }
    }
}
