namespace Interp.Analysis;

/// <summary>
/// The largest flow through a network from a source to a sink (Dinic 1970): shortest ways with room are filled until there is none. The
/// number of rounds is bounded by the number of nodes, whatever the capacities are.
/// </summary>
internal sealed class MaxFlow
{
    private readonly List<int>[] _edges;
    private readonly List<int> _targets = [];
    private readonly List<double> _capacities = [];
    private readonly List<double> _room = [];

    /// <summary>Creates a network without edges.</summary>
    /// <param name="nodes">Number of nodes.</param>
    public MaxFlow(int nodes) => _edges = [.. Enumerable.Range(0, nodes).Select(_ => new List<int>())];

    /// <summary>Adds an edge.</summary>
    /// <param name="from">Node that it leaves.</param>
    /// <param name="to">Node that it enters.</param>
    /// <param name="capacity">Most that it carries; 0 or more.</param>
    public void Add(int from, int to, double capacity)
    {
        Half(from, to, capacity);
        Half(to, from, 0);
    }

    /// <summary>The largest flow; each call starts from an empty network.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="sink">Where it goes; another node than the source.</param>
    public double Between(int source, int sink)
    {
        _room.Clear();
        _room.AddRange(_capacities);
        double flow = 0;
        while (Distances(source, sink) is { } distances)
        {
            var next = new int[_edges.Length];
            while (Push(source, sink, double.PositiveInfinity, distances, next) is > 0 and var pushed)
            {
                flow += pushed;
            }
        }

        return flow;
    }

    private void Half(int from, int to, double capacity)
    {
        _edges[from].Add(_targets.Count);
        _targets.Add(to);
        _capacities.Add(capacity);
    }

    /// <summary>Number of edges with room from the source to each node, -1 = no way; null when the sink has none.</summary>
    private int[]? Distances(int source, int sink)
    {
        var distances = new int[_edges.Length];
        Array.Fill(distances, -1);
        distances[source] = 0;
        var queue = new Queue<int>([source]);
        while (queue.TryDequeue(out int node))
        {
            foreach (int edge in _edges[node])
            {
                if (_room[edge] > 0 && distances[_targets[edge]] < 0)
                {
                    distances[_targets[edge]] = distances[node] + 1;
                    queue.Enqueue(_targets[edge]);
                }
            }
        }

        return distances[sink] < 0 ? null : distances;
    }

    private double Push(int node, int sink, double most, int[] distances, int[] next)
    {
        if (node == sink)
        {
            return most;
        }

        for (; next[node] < _edges[node].Count; next[node]++)
        {
            int edge = _edges[node][next[node]], target = _targets[edge];
            if (_room[edge] > 0 && distances[target] == distances[node] + 1
                && Push(target, sink, Math.Min(most, _room[edge]), distances, next) is > 0 and var pushed)
            {
                _room[edge] -= pushed;
                _room[edge ^ 1] += pushed;
                return pushed;
            }
        }

        return 0;
    }
}
