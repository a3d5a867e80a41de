using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>What an input of a graph is for.</summary>
internal enum InputRole
{
    /// <summary>Token ids: they pick rows of the token embedding.</summary>
    Tokens,

    /// <summary>Positions: they pick rows of learned positions, or are turned into angles.</summary>
    Positions,

    /// <summary>Token types.</summary>
    TokenTypes,

    /// <summary>1 for tokens, 0 for padding: it ends up beside the scores of attention, or is counted for positions.</summary>
    Mask,

    /// <summary>Keys or values of earlier positions.</summary>
    Past,

    /// <summary>The index of each sequence's last key.</summary>
    LastIndex,

    /// <summary>The number of all keys.</summary>
    TotalLength,

    /// <summary>Nothing is computed from its values.</summary>
    Unused,
}

/// <summary>An input of a graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Role">What it is for.</param>
/// <param name="PastAxis">The axis of a past that counts positions.</param>
internal sealed record GraphInput(string Name, InputRole Role, int PastAxis = 2);

/// <summary>Finds what each input of a graph is for by what it feeds; exporters name inputs as they like.</summary>
internal sealed class GraphInputs
{
    private readonly Stream _stream;
    private readonly Dictionary<OnnxNode, EmbeddingKind> _tables = [];
    private readonly HashSet<OnnxNode> _scores;

    private GraphInputs(Stream stream)
    {
        _stream = stream;
        foreach (EmbeddingSite site in stream.Of<EmbeddingSite>().Where(s => s.Node.Op == "Gather"))
        {
            _tables[site.Node] = site.Kind;
        }

        _scores = [.. stream.Of<AttentionSite>().SelectMany(core => ScorePath.Of(stream, core))];
    }

    /// <summary>The inputs of a graph with their roles.</summary>
    /// <param name="stream">The graph's stream, with all sites.</param>
    /// <exception cref="InvalidInputException">It is not clear what an input is for.</exception>
    public static IReadOnlyDictionary<string, GraphInput> Of(Stream stream)
    {
        var finder = new GraphInputs(stream);
        return stream.Graph.Inputs.Select(finder.Find).ToDictionary(i => i.Name, StringComparer.Ordinal);
    }

    private GraphInput Find(string name)
    {
        HashSet<Use> uses = [];
        OnnxNode? strange = null;
        var seen = new HashSet<(string, Way)>();
        var waiting = new Stack<(string Value, Way Way)>([(name, Way.Plain)]);
        while (waiting.TryPop(out (string Value, Way Way) at))
        {
            if (!seen.Add(at))
            {
                continue;
            }

            foreach (OnnxNode node in _stream.Graph.Consumers(at.Value).Where(n => n.Op is not ("Shape" or "Size")))
            {
                if (UseOf(node, at.Value, at.Way) is { } use)
                {
                    uses.Add(use);
                }
                else if (node.Outputs.Any(_stream.Has))
                {
                    strange ??= node;
                }
                else
                {
                    Way way = node.Op is "CumSum" or "ReduceSum" or "ReduceMax" ? Way.Counted
                        : IsPlain(node, at.Value) ? at.Way
                        : at.Way == Way.Counted ? Way.Counted : Way.Computed;
                    foreach (string output in node.Outputs.Where(o => o.Length > 0))
                    {
                        waiting.Push((output, way));
                    }
                }
            }
        }

        return Decide(name, uses, strange);
    }

    private GraphInput Decide(string name, HashSet<Use> uses, OnnxNode? strange)
    {
        foreach (InputRole role in new[] { InputRole.Tokens, InputRole.TokenTypes, InputRole.Positions, InputRole.LastIndex, InputRole.TotalLength })
        {
            if (uses.Contains(new Use(role, Way.Plain)))
            {
                return new GraphInput(name, role);
            }
        }

        if (uses.FirstOrDefault(u => u.Role == InputRole.Past) is { Role: InputRole.Past } past)
        {
            return new GraphInput(name, InputRole.Past, past.Axis);
        }

        bool counted = uses.Any(u => u.Way == Way.Counted);
        if (!counted && uses.Any(u => u.Role == InputRole.Positions))
        {
            return new GraphInput(name, InputRole.Positions);
        }

        if (counted || uses.Any(u => u.Role is InputRole.Mask or InputRole.LastIndex or InputRole.TotalLength))
        {
            return new GraphInput(name, InputRole.Mask);
        }

        return uses.Count > 0 ? new GraphInput(name, uses.Select(u => u.Role).Min())
            : strange is null ? new GraphInput(name, InputRole.Unused)
            : Named(name) is { } usual ? new GraphInput(name, usual)
            : throw new InvalidInputException($"{_stream.Graph.File.Path}: input {OneLine.Quote(name)}: what it is for is not clear: it feeds "
                + $"{strange.Label}; expected token ids, positions, token types, a mask, or keys and values of the past");
    }

    // Where attention is of a kind that cannot be followed, the names of Hugging Face's exporters are left.
    private static InputRole? Named(string name) => name switch
    {
        "input_ids" => InputRole.Tokens,
        "attention_mask" => InputRole.Mask,
        "position_ids" => InputRole.Positions,
        "token_type_ids" => InputRole.TokenTypes,
        _ when name.StartsWith("past_key_values", StringComparison.Ordinal) => InputRole.Past,
        _ => null,
    };

    private Use? UseOf(OnnxNode node, string value, Way way)
    {
        int index = node.Inputs.IndexOf(value);
        if (node.Op == "Gather" && index == 1)
        {
            return !_tables.TryGetValue(node, out EmbeddingKind kind) ? _stream.Graph.IsConstant(node.Input(0)) || way == Way.Plain
                    ? new Use(InputRole.Positions, way) : null
                : kind switch
                {
                    EmbeddingKind.Token => new Use(InputRole.Tokens, way),
                    EmbeddingKind.Position => new Use(InputRole.Positions, way),
                    _ => new Use(InputRole.TokenTypes, way),
                };
        }

        InputRole? role = (node.Op, index) switch
        {
            ("Cos" or "Sin", _) => InputRole.Positions,
            ("EmbedLayerNormalization", 0) => InputRole.Tokens,
            ("EmbedLayerNormalization", 1) => InputRole.TokenTypes,
            ("EmbedLayerNormalization", 7) => InputRole.Mask,
            ("EmbedLayerNormalization", 8) => InputRole.Positions,
            ("RotaryEmbedding", 1 or 3) => InputRole.Positions,
            ("GroupQueryAttention", 3 or 4) => InputRole.Past,
            ("GroupQueryAttention", 5) => InputRole.LastIndex,
            ("GroupQueryAttention", 6) => InputRole.TotalLength,
            ("GroupQueryAttention", 9) => InputRole.Positions,
            ("MultiHeadAttention", 4 or 5) => InputRole.Mask,
            ("MultiHeadAttention", 6 or 7) => InputRole.Past,
            ("Attention", 3) => InputRole.Mask,
            ("Attention", 4) => InputRole.Past,
            ("Attention", 5) => node.Domain.Length == 0 ? InputRole.Past : InputRole.Mask,
            _ => null,
        };
        if (role is { } found)
        {
            // One past of keys and values together has an axis in front that tells them apart.
            bool both = node is { Op: "Attention", Domain.Length: > 0 };
            return new Use(found, way, both ? 3 : 2);
        }

        return !node.Outputs.Any(_stream.Has) ? null
            : node.Op == "Concat" ? new Use(InputRole.Past, way, (int)node.Int("axis", 2))
            : _scores.Contains(node) ? new Use(InputRole.Mask, way)
            : null;
    }

    private static bool IsPlain(OnnxNode node, string value) => node.Input(0) == value
        && node.Op is "Cast" or "Identity" or "Unsqueeze" or "Squeeze" or "Reshape" or "Flatten" or "Expand" or "Slice" or "Tile" or "Transpose";

    /// <summary>How a value comes from an input: as it is, counted along the sequence, or computed otherwise.</summary>
    private enum Way
    {
        Plain,
        Counted,
        Computed,
    }

    private readonly record struct Use(InputRole Role, Way Way, int Axis = 2);
}
