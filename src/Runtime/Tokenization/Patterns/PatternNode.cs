namespace Interp.Runtime.Tokenization;

/// <summary>A part of a pattern as it was written.</summary>
internal abstract record PatternNode
{
    /// <summary>How many code points the part can take, smallest and largest; the largest is null where there is no limit.</summary>
    public abstract (int Least, int? Most) Width { get; }

    /// <summary>One code point of a set.</summary>
    public sealed record Set(CharacterSet Members) : PatternNode
    {
        public override (int Least, int? Most) Width => (1, 1);
    }

    /// <summary>Parts one behind the other.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode
    {
        public override (int Least, int? Most) Width => (Parts.Sum(p => p.Width.Least), Sum(Parts.Select(p => p.Width.Most)));
    }

    /// <summary>One of several branches, tried in order.</summary>
    public sealed record Either(IReadOnlyList<PatternNode> Branches) : PatternNode
    {
        public override (int Least, int? Most) Width => (
            Branches.Min(p => p.Width.Least),
            Branches.Any(p => p.Width.Most is null) ? null : Branches.Max(p => p.Width.Most));
    }

    /// <summary>A part several times: as often as possible, or as rarely.</summary>
    public sealed record Repeat(PatternNode Part, int Least, int Most, bool Greedy) : PatternNode
    {
        public override (int Least, int? Most) Width => (
            Part.Width.Least * Least, Most == int.MaxValue ? null : Part.Width.Most * Most);
    }

    /// <summary>A part that is not tried in another way once it fits.</summary>
    public sealed record Atomic(PatternNode Part) : PatternNode
    {
        public override (int Least, int? Most) Width => Part.Width;
    }

    /// <summary>A part that must fit, or must not, ahead or behind; it takes nothing.</summary>
    public sealed record Look(PatternNode Part, bool Behind, bool Negated) : PatternNode
    {
        public override (int Least, int? Most) Width => (0, 0);
    }

    /// <summary>A condition on the place.</summary>
    public sealed record Place(PatternStep Step) : PatternNode
    {
        public override (int Least, int? Most) Width => (0, 0);
    }

    private static int? Sum(IEnumerable<int?> widths)
    {
        int sum = 0;
        foreach (int? width in widths)
        {
            if (width is null)
            {
                return null;
            }

            sum += width.Value;
        }

        return sum;
    }
}
