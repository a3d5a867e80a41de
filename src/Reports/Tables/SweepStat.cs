namespace Interp.Reports;

/// <summary>What a table says of one cell over prompts.</summary>
/// <param name="Mean">Mean effect; null where it is undefined.</param>
/// <param name="Low">Lower end of the 95 % interval, or null.</param>
/// <param name="High">Upper end, or null.</param>
/// <param name="Q">Adjusted p, or null.</param>
/// <param name="N">Prompts that count.</param>
internal readonly record struct SweepStat(double? Mean, double? Low, double? High, double? Q, int N)
{
    /// <summary>Up to which adjusted p a cell counts as an effect.</summary>
    public const double Level = 0.05;

    /// <summary>Whether several prompts were tested and the effect is not told from none.</summary>
    public bool NotSignificant => N > 1 && (Q is null || Q > Level);
}

/// <summary>What a table says of one cell of one prompt.</summary>
/// <param name="Effect">Effect; null where it is undefined.</param>
/// <param name="Clean">Metric of the clean run.</param>
/// <param name="Corrupted">Metric of the corrupted run, where there is one.</param>
/// <param name="Patched">Metric of the changed run.</param>
internal readonly record struct SweepValue(double? Effect, double? Clean, double? Corrupted, double? Patched);

/// <summary>Place of a cell in a heatmap.</summary>
/// <param name="Row">Index of the row, from the bottom.</param>
/// <param name="Column">Index of the column.</param>
/// <param name="Slice">Which of the heatmaps that share rows and columns.</param>
internal readonly record struct SweepPlace(int Row, int Column, int Slice);
