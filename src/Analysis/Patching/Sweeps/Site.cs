using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>
/// What cells of a sweep replace: one kind of hook point, several that are replaced together, or points by name. Kinds and texts are taken as
/// they are: <c>Sites = [HookKind.Z, "attn_out+mlp_out"]</c>.
/// </summary>
public sealed record Site
{
    private Site(string name) => Name = name;

    /// <summary>Name in tables and on the command line.</summary>
    public string Name { get; }

    /// <summary>TransformerLens' <c>get_act_patch_block_every</c>: resid_pre, attn_out and mlp_out by layer and position.</summary>
    public static Site BlockEvery { get; } = new("block_every");

    /// <summary>TransformerLens' <c>get_act_patch_attn_head_all_pos_every</c>: z, q, k, v and pattern by layer and head.</summary>
    public static Site HeadsEvery { get; } = new("attn_head_all_pos_every");

    /// <summary>TransformerLens' <c>get_act_patch_attn_head_by_pos_every</c>: the same by position too.</summary>
    public static Site HeadsByPositionEvery { get; } = new("attn_head_by_pos_every");

    /// <summary>Reads a site.</summary>
    /// <param name="text">
    /// <c>resid_pre</c>, <c>z</c>, <c>pattern</c>, ...; names and globs of hook points; several joined by <c>+</c>, which are replaced together;
    /// <c>block_every</c>, <c>attn_head_all_pos_every</c>, <c>attn_head_by_pos_every</c>. Whether a model has it is found out by the sweep.
    /// </param>
    /// <exception cref="InvalidInputException">The text is empty.</exception>
    public static Site Parse(string text) => string.IsNullOrWhiteSpace(text)
        ? throw new InvalidInputException("sites: expected a name such as z or resid_pre, found an empty one")
        : new Site(text);

    /// <summary>Kinds of hook points that are replaced together, in each layer.</summary>
    /// <param name="kinds">The kinds, at least one.</param>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static Site Together(params IReadOnlyList<HookKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        return Parse(string.Join('+', kinds.Select(kind => HookTable.Row(kind).Site)));
    }

    /// <summary>A kind of hook point.</summary>
    /// <param name="kind">The kind.</param>
    public static implicit operator Site(HookKind kind) => Together(kind);

    /// <summary>Reads a site; see <see cref="Parse"/>.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator Site(string text) => Parse(text);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What cells of a sweep are told apart by.</summary>
public enum SweepAxis
{
    /// <summary>Layers; always told apart.</summary>
    Layer,

    /// <summary>Heads.</summary>
    Head,

    /// <summary>(Destination) positions.</summary>
    Position,

    /// <summary>Source positions of attention.</summary>
    Source,

    /// <summary>Named spans of positions.</summary>
    Span,

    /// <summary>Neurons.</summary>
    Neuron,
}

/// <summary>Names of axes on the command line.</summary>
public static class SweepAxes
{
    private static readonly string[] Names = ["layer", "head", "pos", "src_pos", "span", "neuron"];

    /// <summary>Reads the name of an axis.</summary>
    /// <param name="name">layer, head, pos, src_pos, span or neuron.</param>
    /// <exception cref="InvalidInputException">It is none of these.</exception>
    public static SweepAxis Parse(string name) => Array.IndexOf(Names, name) is >= 0 and var axis
        ? (SweepAxis)axis
        : throw new InvalidInputException($"by '{name}': expected some of {string.Join(", ", Names)}");

    /// <summary>The name of an axis.</summary>
    /// <param name="axis">The axis.</param>
    public static string Name(this SweepAxis axis) => Names[(int)axis];
}
