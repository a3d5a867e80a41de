using Interp.Runtime.Machine;
using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// Between its weights, a graph must compute what the configuration says: nonlinearity, scale of scores, soft-caps, scale of
/// embeddings, rotary frequencies, masks. Each is compared by its values; a number in the stream that belongs to none of them is refused.
/// </summary>
internal sealed class FunctionCheck
{
    // Constants in float32, and in 2 bytes, where every one is rounded to 8 or 11 bits.
    private const double Exact = 1e-4;
    private const double Half = 1e-2;

    private static readonly double[] Samples = [-3, -1.7, -0.6, -0.1, 0.2, 0.9, 2.3];

    private readonly Stream _stream;
    private readonly BlockStructure _structure;
    private readonly ModelConfig _config;
    private readonly HashSet<OnnxNode> _seen = [];

    private FunctionCheck(Stream stream, BlockStructure structure, ModelConfig config) =>
        (_stream, _structure, _config) = (stream, structure, config);

    /// <summary>Compares a graph with a configuration.</summary>
    /// <param name="stream">The graph's stream, with all sites.</param>
    /// <param name="structure">Their roles.</param>
    /// <param name="config">The configuration.</param>
    /// <exception cref="InvalidInputException">They differ.</exception>
    public static void Check(Stream stream, BlockStructure structure, ModelConfig config)
    {
        OperatorTable.Check(stream);
        var check = new FunctionCheck(stream, structure, config);
        IReadOnlyList<AttentionSite> cores = stream.Of<AttentionSite>();
        for (int layer = 0; layer < cores.Count; layer++)
        {
            check.Scores(cores[layer], layer);
            check.FeedForward(layer);
        }

        if (structure.Find(Role.HeadNorm) is { } norm && structure.Find(Role.HeadDense) is { } dense)
        {
            check.Activation(norm.Site, dense, null, "the head");
        }

        check.Embeddings();
        check.Logits();
        RotaryCheck.Check(stream, config);
        check.RefuseOtherNumbers();
    }

    private void FeedForward(int layer)
    {
        if (_structure.Find(Role.FeedForwardOut, layer) is { Site: LinearSite output } && _structure.Find(Role.FeedForwardIn, layer) is { } gate)
        {
            Activation(output, gate, _structure.Find(Role.FeedForwardLinear, layer), "the FFN");
        }
    }

    private void Activation(Site reader, Part gate, Part? linear, string where)
    {
        const double Linear = 1.3;
        OnnxNode map = gate.Site.Node;
        foreach (double x in Samples)
        {
            var curve = new ElementwiseValue(
                _stream,
                value => _stream.End(value) is not { } part ? null
                    : part == gate ? (map.Op == "FusedGemm" ? Curves.Apply(map, x) : x)
                    : part == linear ? Linear : null,
                _config.DHead);
            double expected = Curves.Apply(_config.Activation, x) * (linear is null ? 1 : Linear);
            double found = curve.Of(reader.Inputs[0]) ?? throw Error(
                $"{(curve.Strange ?? reader.Node).Label}: the nonlinearity of {where} cannot be followed here; expected {_config.Activation}");
            _seen.UnionWith(curve.Nodes);
            Require(found, expected, curve.Rounded, reader.Node, $"the nonlinearity of {where} before it, at {x},", $"{_config.Activation}");
        }
    }

    private void Scores(AttentionSite core, int layer)
    {
        AttentionOperators.Check(_stream, core, layer, _config);
        if (core.Scores.Length == 0 || core.Product is not { } product)
        {
            return;
        }

        if (core.Node.Op == "Softmax" && core.Node.Int("axis", -1) is >= 0 and var axis && Rank(product.Input(0)) is { } rank && axis != rank - 1)
        {
            throw Error($"{core.Node.Label}: axis: expected the last one, {rank - 1}, found {axis}");
        }

        MaskCheck.Check(_stream, core, _config);
        bool rounded = false;
        double factor = product.Op == "FusedMatMul" ? product.Float("alpha", 1) : 1;
        factor *= Factor(product.Input(0), ref rounded) * Factor(product.Input(1), ref rounded);
        foreach (double x in new[] { 1.0, -9.0 })
        {
            var curve = new ElementwiseValue(_stream, value => value == product.Output ? x * factor : null, _config.DHead);
            double scaled = x * _config.ScoreScale(layer);
            double expected = _config.ScoreSoftCap is { } cap ? cap * Math.Tanh(scaled / cap) : scaled;
            double found = curve.Of(core.Scores) ?? throw Error(
                $"{(curve.Strange ?? core.Node).Label}: the scale of attention cannot be followed here; expected {_config.ScoreScale(layer)}");
            _seen.UnionWith(curve.Nodes);
            Require(found, expected, curve.Rounded || rounded, core.Node, $"the score of a product of {x}", "the scale of attention and its soft-cap");
        }
    }

    /// <summary>Number of axes of queries, where the transpose that puts heads in front says it.</summary>
    private int? Rank(string value)
    {
        while (_stream.Graph.Producer(value) is { Op: "Mul" or "Div" or "Add" or "Transpose" or "Cast", Inputs: [string first, ..] } node)
        {
            if (node.Op == "Transpose")
            {
                return node.Attribute("perm")?.Ints.Count;
            }

            value = _stream.Has(first) ? first : node.Input(1);
        }

        return null;
    }

    /// <summary>The factors on queries or keys between their map and the product.</summary>
    private double Factor(string operand, ref bool rounded)
    {
        double factor = 1;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>([operand]);
        while (waiting.TryPop(out string? value))
        {
            if (!seen.Add(value) || !_stream.Has(value))
            {
                continue;
            }

            if (_stream.End(value) is { } part)
            {
                factor *= part.Site is LinearSite map ? map.Factor : 1;
                continue;
            }

            if (_stream.Graph.Producer(value) is not { } node)
            {
                continue;
            }

            if (node is { Op: "Mul" or "Div", Inputs: [string left, string right] } && (_stream.Has(left) ^ _stream.Has(right)))
            {
                var number = new ElementwiseValue(_stream, _ => null, _config.DHead);
                if (number.Of(_stream.Has(left) ? right : left) is { } by && (node.Op == "Mul" || _stream.Has(left)))
                {
                    factor *= node.Op == "Mul" ? by : 1 / by;
                    rounded |= number.Rounded;
                    _seen.Add(node);
                }
            }

            foreach (string input in node.Inputs)
            {
                waiting.Push(input);
            }
        }

        return factor;
    }

    private void Embeddings()
    {
        foreach (EmbeddingSite site in _stream.Of<EmbeddingSite>().Where(s => s.Node.Op == "Gather"))
        {
            double factor = 1;
            bool rounded = false;
            string value = site.Output;
            OnnxNode last = site.Node;
            while (_stream.Reader(value) is { Op: "Mul" or "Div" or "Cast" or "Identity" or "Reshape", Inputs: [_, ..] } node && !_stream.IsClaimed(node)
                && node.Inputs[0] is { } first)
            {
                if (node.Op is "Mul" or "Div")
                {
                    var number = new ElementwiseValue(_stream, v => v == value ? 1 : null, _config.DHead);
                    if (number.Of(node.Output) is not { } by)
                    {
                        break;
                    }

                    factor *= by;
                    rounded |= number.Rounded;
                    _seen.Add(node);
                }

                (value, last) = (node.Output, node);
            }

            bool tokens = site.Kind == EmbeddingKind.Token;
            Require(factor, tokens ? _config.EmbedScale : 1, rounded, last, "the factor on embeddings", "the configuration's");
        }
    }

    private void Logits()
    {
        if (_structure.Find(Role.Unembed) is not { Site: LinearSite unembed })
        {
            return;
        }

        foreach (double x in new[] { 1.0, -40.0 })
        {
            var curve = new ElementwiseValue(_stream, value => value == unembed.Output ? x * unembed.Factor : null, _config.DHead);
            double expected = _config.LogitSoftCap is { } cap ? cap * Math.Tanh(x / cap) : x;
            double found = curve.Of(_stream.Logits) ?? throw Error(
                $"{(curve.Strange ?? unembed.Node).Label}: what stands between the unembedding and the logits cannot be followed");
            _seen.UnionWith(curve.Nodes);
            Require(found, expected, curve.Rounded, unembed.Node, $"the logit of a product of {x}", "the soft-cap of the configuration");
        }
    }

    private void RefuseOtherNumbers()
    {
        if (_config.Experts > 0)
        {
            // A choice of experts is written with numbers of its own, and found by names alone.
            return;
        }

        foreach (LinearSite map in _stream.Of<LinearSite>())
        {
            bool elsewhere = _structure.Roles.Any(r => r.Value.Site == map
                && r.Key.Role is Role.Query or Role.Key or Role.QueryKeyValue or Role.Unembed);
            if (map.Factor != 1 && !elsewhere)
            {
                throw Error($"{map.Node.Label}: alpha: expected 1, found {map.Factor}");
            }
        }

        foreach (OnnxNode node in _stream.Nodes.Where(n => !_stream.IsClaimed(n) && !_seen.Contains(n)
            && n.Op is "Add" or "Sub" or "Mul" or "Div" or "Pow"))
        {
            if (node.Inputs.FirstOrDefault(i => !_stream.Has(i) && _stream.Graph.Scalar(i) is not null) is { } number
                && !(_stream.Graph.Scalar(number) is 1 && node.Op is "Mul" or "Div") && !(_stream.Graph.Scalar(number) is 0 && node.Op is "Add" or "Sub"))
            {
                throw Error($"{node.Label} applies the number {_stream.Graph.Scalar(number)} to the stream, which no part of the model that was "
                    + "recognised does");
            }
        }
    }

    private void Require(double found, double expected, bool rounded, OnnxNode node, string what, string whose)
    {
        double allowed = (rounded ? Half : Exact) * Math.Max(Math.Abs(expected), 0.01);
        if (!(Math.Abs(found - expected) <= allowed))
        {
            throw Error($"{node.Label}: {what} is {found:G6}; expected {expected:G6}, {whose}");
        }
    }

    private InvalidInputException Error(string text) => new($"{_stream.Graph.File.Path}: {text}");
}
