using Interp.Hooks;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime;

/// <summary>
/// Variants that were checked before anything runs, and what engines want to know of all of them. Variants are asked for on the
/// caller's thread, one after the other; checking them is shared out.
/// </summary>
internal sealed class CheckedVariants
{
    // Variants that are at hand at a time while they are checked or planned.
    public const int AtATime = 512;

    // Plans that are kept from the check to the run; of more variants they are made again, so that memory does not grow.
    private const int Kept = 4096;

    private readonly TransformerModel _model;
    private readonly TokenBatch _batch;
    private readonly VariantOptions _options;
    private readonly InterventionPlan?[] _plans;
    private readonly bool[] _whole;

    /// <summary>Checks variants.</summary>
    /// <exception cref="InvalidInputException">One does not fit; of several the first in the list is named.</exception>
    public CheckedVariants(TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(options);
        VariantChecks.Require(model, batch, options);
        (_model, _batch, _options) = (model, batch, options);
        Variants = variants;
        Threads = TransformerModel.ThreadCount(options.Threads);
        BySequence = [.. Enumerable.Range(0, batch.Count).Select(_ => new List<int>())];
        Touched = [.. Enumerable.Range(0, batch.Count).Select(_ => new HashSet<HookPoint>())];
        _whole = new bool[batch.Count];
        _plans = new InterventionPlan?[Math.Min(variants.Count, Kept)];
        for (int first = 0; first < variants.Count; first += AtATime)
        {
            int[] indices = [.. Enumerable.Range(first, Math.Min(AtATime, variants.Count - first))];
            InterventionPlan[] plans = Each(
                indices, (index, variant) => VariantChecks.Require(model, batch, index, variant, options), out Variant[] some);
            for (int i = 0; i < some.Length; i++)
            {
                BySequence[some[i].Sequence].Add(indices[i]);
                Touched[some[i].Sequence].UnionWith(some[i].Interventions.Select(x => model.Hooks.Require(x.Point)));
                Touched[some[i].Sequence].UnionWith(some[i].Observe);
                _whole[some[i].Sequence] |= plans[i].IsOpaque || some[i].Observe.Count > 0;
                if (indices[i] < _plans.Length)
                {
                    _plans[indices[i]] = plans[i];
                }
            }
        }
    }

    /// <summary>The variants.</summary>
    public IReadOnlyList<Variant> Variants { get; }

    /// <summary>Threads that share the work.</summary>
    public int Threads { get; }

    /// <summary>For each sequence its variants, ascending.</summary>
    public IReadOnlyList<List<int>> BySequence { get; }

    /// <summary>For each sequence the points that its variants change or record.</summary>
    public IReadOnlyList<HashSet<HookPoint>> Touched { get; }

    /// <summary>Whether somebody looks at all rows of a variant of a sequence: it records, or runs code of the caller's.</summary>
    public bool Whole(int sequence) => _whole[sequence];

    /// <summary>The plan of a variant; it can be taken once.</summary>
    public InterventionPlan Take(int index, Variant variant)
    {
        if (index < _plans.Length && _plans[index] is { } kept)
        {
            _plans[index] = null;
            return kept;
        }

        return VariantChecks.Plan(_model, _batch, variant, _options);
    }

    /// <summary>Does something with some of the variants, shared out to threads; results in the order of the indices.</summary>
    /// <exception cref="InvalidInputException">What the first of them in the list threw.</exception>
    public T[] Each<T>(int[] indices, Func<int, Variant, T> make, out Variant[] some)
    {
        some = [.. indices.Select(i => Variants[i])];
        var job = new Job<T>
        {
            Indices = indices,
            Some = some,
            Make = make,
            Made = new T[indices.Length],
            Failed = new InvalidInputException?[indices.Length],
        };
        WorkerPool.Run(job, indices.Length, Threads);
        return Array.Find(job.Failed, f => f is not null) is { } first ? throw first : job.Made;
    }

    private struct Job<T> : IParallelJob
    {
        public int[] Indices;
        public Variant[] Some;
        public Func<int, Variant, T> Make;
        public T[] Made;
        public InvalidInputException?[] Failed;

        public readonly void Run(int item)
        {
            try
            {
                Made[item] = Make(Indices[item], Some[item]);
            }
            catch (InvalidInputException exception)
            {
                Failed[item] = exception;
            }
        }
    }
}
