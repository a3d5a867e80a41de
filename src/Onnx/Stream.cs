using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// The stream of a graph: the values that depend on an embedding and that the logits depend on. Positions, masks and shapes
/// are no part of it. Sites are found in it and followed to each other.
/// </summary>
internal sealed class Stream
{
    private const int MostSources = 8;
    private const int LongestChain = 16;

    private readonly HashSet<string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Part> _ends = new(StringComparer.Ordinal);
    private readonly HashSet<OnnxNode> _claimed = [];
    private readonly List<Site> _sites = [];
    private long _steps;

    /// <summary>Follows the embeddings forward and the logits backward.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="logits">The output that is the logits.</param>
    /// <param name="embeddings">The nodes that pick rows of embeddings.</param>
    public Stream(OnnxGraph graph, string logits, IReadOnlySet<OnnxNode> embeddings)
    {
        Graph = graph;
        Logits = logits;
        // Enough for every part of a model to be followed several times, and too little for a graph made to take forever.
        _steps = 1_000_000 + (1000L * graph.Nodes.Count);
        foreach (OnnxNode node in graph.Nodes)
        {
            if (embeddings.Contains(node) || (node.Op is not ("Shape" or "Size") && node.Inputs.Any(_values.Contains)))
            {
                _values.UnionWith(node.Outputs.Where(o => o.Length > 0));
            }
        }

        HashSet<OnnxNode> live = [];
        var waiting = new Stack<string>([logits]);
        while (waiting.TryPop(out string? value))
        {
            if (_values.Contains(value) && graph.Producer(value) is { } node && live.Add(node))
            {
                foreach (string input in node.Inputs)
                {
                    waiting.Push(input);
                }
            }
        }

        Nodes = [.. graph.Nodes.Where(live.Contains)];
        _values.IntersectWith([.. Nodes.SelectMany(n => n.Outputs).Where(_values.Contains)]);
    }

    /// <summary>The graph.</summary>
    public OnnxGraph Graph { get; }

    /// <summary>The output that is the logits.</summary>
    public string Logits { get; }

    /// <summary>The nodes of the stream, in order.</summary>
    public IReadOnlyList<OnnxNode> Nodes { get; }

    /// <summary>The sites, in the order in which they were found.</summary>
    public IReadOnlyList<Site> Sites => _sites;

    /// <summary>Sites of one kind, in the order of the graph.</summary>
    public IReadOnlyList<T> Of<T>()
        where T : Site => [.. _sites.OfType<T>().OrderBy(s => s.Node.Order)];

    /// <summary>Whether a value belongs to the stream.</summary>
    public bool Has(string value) => _values.Contains(value);

    /// <summary>The nodes of the stream that read a value.</summary>
    public IEnumerable<OnnxNode> Readers(string value) => Graph.Consumers(value).Where(n => n.Outputs.Any(Has));

    /// <summary>The only node of the stream that reads a value, or null.</summary>
    public OnnxNode? Reader(string value)
    {
        OnnxNode[] readers = [.. Readers(value).Take(2)];
        return readers.Length == 1 ? readers[0] : null;
    }

    /// <summary>Follows a value forward through nodes that only cast or rename it.</summary>
    public string Forward(string value)
    {
        for (int steps = 0; steps < LongestChain && Reader(value) is { Op: "Identity" or "Cast" or "Dropout" } node; steps++)
        {
            value = node.Output;
        }

        return value;
    }

    /// <summary>Follows a value backward through nodes that only cast or rename it.</summary>
    public string Backward(string value)
    {
        for (int steps = 0; steps < LongestChain
            && Graph.Producer(value) is { Op: "Identity" or "Cast" or "Dropout" } node; steps++)
        {
            value = node.Input(0);
        }

        return value;
    }

    /// <summary>Adds a site.</summary>
    /// <param name="site">The site.</param>
    /// <param name="nodes">The nodes that it is made of.</param>
    public void Add(Site site, params IEnumerable<OnnxNode> nodes)
    {
        _sites.Add(site);
        _claimed.Add(site.Node);
        _claimed.UnionWith(nodes);
        _ends[site.Output] = new Part(site);
    }

    /// <summary>Says that a value is some columns of what a site gives.</summary>
    public void Mark(string value, Part part) => _ends[value] = part;

    /// <summary>Says that a node belongs to a site.</summary>
    public void Claim(OnnxNode node) => _claimed.Add(node);

    /// <summary>Whether a node belongs to a site.</summary>
    public bool IsClaimed(OnnxNode node) => _claimed.Contains(node);

    /// <summary>Moves the end of a site to a later value, after its bias was found.</summary>
    public void MoveEnd(Site site, string output)
    {
        _ends.Remove(site.Output);
        site.Output = output;
        _ends[output] = new Part(site);
    }

    /// <summary>Whether a value is what a site gives, or columns of it.</summary>
    public bool EndsAt(string value) => _ends.ContainsKey(value);

    /// <summary>What a value is of a site; null when no site ends there.</summary>
    public Part? End(string value) => _ends.TryGetValue(value, out Part part) ? part : null;

    /// <summary>The parts of sites that a value comes from without another site between; at most eight.</summary>
    /// <param name="values">Where to start.</param>
    public IReadOnlyList<Part> Sources(params IEnumerable<string> values)
    {
        List<Part> found = [];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>(values);
        while (found.Count < MostSources && waiting.TryPop(out string? value))
        {
            bool end = _ends.TryGetValue(value, out Part part);
            if ((!end && !Has(value)) || !seen.Add(value))
            {
                continue;
            }

            if (--_steps < 0)
            {
                throw new InvalidInputException($"{Graph.File.Path}: the graph is no transformer that could be followed: "
                    + $"the way to {OneLine.Quote(value)} branches too often");
            }

            if (end)
            {
                if (!found.Contains(part))
                {
                    found.Add(part);
                }
            }
            else if (Graph.Producer(value) is { } node)
            {
                foreach (string input in node.Inputs)
                {
                    waiting.Push(input);
                }
            }
        }

        return found;
    }
}
