namespace Interp.Runtime.Kernels;

/// <summary>
/// Queries of one head and the keys that they may read: those of an earlier run, if any, then their own. What is computed
/// does not depend on where the keys are cut in two.
/// </summary>
internal unsafe struct AttentionHead
{
    /// <summary>Query r starts at <c>Q + r * QStride</c>.</summary>
    internal float* Q;

    /// <summary>Floats from query to query.</summary>
    internal nint QStride;

    /// <summary>Number of queries.</summary>
    internal int Queries;

    /// <summary>Dimension of the head.</summary>
    internal int DHead;

    /// <summary>Keys 0 .. Own.First, or none.</summary>
    internal KeyRun Past;

    /// <summary>The keys after those.</summary>
    internal KeyRun Own;

    /// <summary>What each query may see.</summary>
    internal AttentionMask Mask;

    /// <summary>Factor on the scores.</summary>
    internal float Scale;

    /// <summary>Soft-cap of the scaled scores; 0 for none.</summary>
    internal float Cap;

    /// <summary>Added to the score of each key, [Keys]; null for nothing.</summary>
    internal float* KeyBias;

    /// <summary>Number of keys.</summary>
    internal readonly int Keys => Own.End;

    /// <summary>The same head with only some of the queries.</summary>
    internal readonly AttentionHead Part(int first, int queries) => this with
    {
        Q = Q + (first * QStride),
        Queries = queries,
        Mask = Mask with { FirstQuery = Mask.FirstQuery + first },
    };
}
