using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The values of other runs that a sweep puts in: recorded once where the memory holds them all, else for some runs of the sweep at a time, so that
/// memory does not grow with prompts and points.
/// </summary>
internal sealed class SweepSources
{
    private readonly SweepExecution _runner;
    private readonly SweepMemory _memory;
    private readonly TokenBatch _prompts;
    private readonly Dictionary<(int Source, HookPoint Point), TensorValue> _values = [];
    private ActivationCache?[] _caches;

    /// <summary>Records the runs, if all at once.</summary>
    /// <param name="runner">Runs them.</param>
    /// <param name="memory">The memory of the sweep.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="points">What is taken from them.</param>
    /// <param name="shared">Whether they also spare computing what they have in common with the runs that they are put into.</param>
    public SweepSources(
        SweepExecution runner, SweepMemory memory, TokenBatch prompts, IReadOnlyList<HookPoint> points, bool shared)
    {
        (_runner, _memory, _prompts) = (runner, memory, prompts);
        AtHand = memory.Recorded(prompts, points) <= memory.ForValues;
        _caches = !AtHand ? new ActivationCache?[prompts.Count] : shared ? runner.RecordSource(prompts, points) : runner.Record(prompts, points);
        if (AtHand)
        {
            foreach (ActivationCache cache in _caches.OfType<ActivationCache>())
            {
                memory.Hold(cache.Points.Sum(point => memory.Recorded(cache.Positions, point)));
            }
        }
    }

    /// <summary>Whether all is recorded.</summary>
    public bool AtHand { get; }

    /// <summary>The recorded runs (<see cref="VariantOptions.Sources"/>); empty when they come in pieces.</summary>
    public IReadOnlyList<ActivationCache> Caches => AtHand ? [.. _caches.OfType<ActivationCache>()] : [];

    /// <summary>What a run has at a point; when values come in pieces, one of the piece.</summary>
    public TensorValue Value(HookPoint point, int source)
    {
        if (!_values.TryGetValue((source, point), out TensorValue? value))
        {
            _values[(source, point)] = value = _caches[source]!.Value(point);
        }

        return value;
    }

    /// <summary>The values of a point in each run, one run after the other.</summary>
    public IEnumerable<float[]> InTurn(HookPoint point) => AtHand
        ? _caches.Select(cache => cache!.Values(point))
        : _runner.RecordInTurn(_prompts, [point]).Select(cache => cache.Values(point));

    /// <summary>The pieces; null when all is recorded.</summary>
    /// <param name="sourceOf">The run that a prompt's values come from, or null.</param>
    /// <param name="points">What a cell takes from it.</param>
    public SweepStages? Stages(Func<int, int?> sourceOf, Func<int, int, IEnumerable<HookPoint>> points)
    {
        if (AtHand)
        {
            return null;
        }

        long piece = _memory.ForValues;
        _memory.Hold(piece);
        return new SweepStages(piece, Counter, Prepare);

        // Cells that take the same value of the same run share it.
        Func<int, int, long> Counter()
        {
            HashSet<(int, HookPoint)> seen = [];
            return (cell, prompt) => sourceOf(prompt) is { } source
                ? points(cell, prompt).Where(point => seen.Add((source, point))).Sum(point => _memory.Recorded(_prompts.Lengths[source], point))
                : 0;
        }

        void Prepare(IReadOnlyList<(int Cell, int Prompt)> items)
        {
            _values.Clear();
            _caches = new ActivationCache?[_prompts.Count];
            var wanted = new SortedDictionary<int, HashSet<HookPoint>>();
            foreach ((int cell, int prompt) in items)
            {
                if (sourceOf(prompt) is { } source)
                {
                    wanted.TryAdd(source, []);
                    wanted[source].UnionWith(points(cell, prompt));
                }
            }

            int[] sources = [.. wanted.Keys];
            ActivationCache[] recorded = _runner.Record(
                _prompts, [.. sources.Select(s => (s, (IReadOnlyList<HookPoint>)[.. wanted[s]]))]);
            for (int i = 0; i < sources.Length; i++)
            {
                _caches[sources[i]] = recorded[i];
            }
        }
    }
}
