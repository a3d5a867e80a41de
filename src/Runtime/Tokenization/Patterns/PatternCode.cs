namespace Interp.Runtime.Tokenization;

/// <summary>One step of a compiled pattern.</summary>
internal enum PatternStep
{
    /// <summary>The pattern fits here.</summary>
    Match,

    /// <summary>One code point of a set.</summary>
    Set,

    /// <summary>From A to B code points of a set, as many or as few as possible.</summary>
    Repeat,

    /// <summary>Goes on at A.</summary>
    Jump,

    /// <summary>Goes on at A, and at B if that leads nowhere.</summary>
    Either,

    /// <summary>Remembers where a round of a loop begins, in register A.</summary>
    Mark,

    /// <summary>Leaves a loop whose round, begun at register A, took nothing.</summary>
    Moved,

    /// <summary>What stands behind this step up to A fits, looking ahead or back; takes nothing.</summary>
    Look,

    /// <summary>What stands behind this step up to A fits, and is not tried in another way.</summary>
    Atomic,

    /// <summary>Begin of the text.</summary>
    TextStart,

    /// <summary>End of the text.</summary>
    TextEnd,

    /// <summary>End of the text or before the line break that ends it.</summary>
    TextEndOrBreak,

    /// <summary>Begin of a line.</summary>
    LineStart,

    /// <summary>End of a line.</summary>
    LineEnd,

    /// <summary>Border of a word.</summary>
    WordBorder,

    /// <summary>Not a border of a word.</summary>
    NoWordBorder,
}

/// <summary>A step with its operands.</summary>
/// <param name="Step">What is done.</param>
/// <param name="Set">Code points, where the step takes some.</param>
/// <param name="A">First operand.</param>
/// <param name="B">Second operand; <see cref="int.MaxValue"/> is no limit.</param>
/// <param name="Flag">Repeat: as many as possible. Look: negated.</param>
/// <param name="Widths">Look: how far back the look begins, widest first; null looks ahead.</param>
internal readonly record struct PatternCode(
    PatternStep Step, CharacterSet? Set = null, int A = 0, int B = 0, bool Flag = false, int[]? Widths = null);
