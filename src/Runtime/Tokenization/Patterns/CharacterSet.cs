using System.Globalization;

namespace Interp.Runtime.Tokenization;

/// <summary>A set of code points: ranges, classes and other sets, maybe the complement of them.</summary>
internal sealed class CharacterSet
{
    private const int MostWithoutCase = 200_000;

    private readonly List<(int First, int Last)> _ranges = [];
    private readonly List<Func<int, bool>> _classes = [];
    private readonly List<CharacterSet> _and = [];
    private readonly Lazy<HashSet<int>> _folded;

    public CharacterSet() => _folded = new Lazy<HashSet<int>>(Folded);

    public bool Negated { get; set; }

    public bool IgnoreCase { get; init; }

    public static CharacterSet Of(Func<int, bool> members, bool negated = false)
    {
        var set = new CharacterSet { Negated = negated };
        set._classes.Add(members);
        return set;
    }

    public static CharacterSet Of(int code, bool ignoreCase)
    {
        var set = new CharacterSet { IgnoreCase = ignoreCase };
        set.Add(code, code);
        return set;
    }

    /// <summary>Adds a range.</summary>
    /// <exception cref="InvalidInputException">The set is too large to be compared whatever the case.</exception>
    public void Add(int first, int last)
    {
        _ranges.Add((first, last));
        if (IgnoreCase && _ranges.Sum(range => range.Last - range.First + 1L) > MostWithoutCase)
        {
            throw new InvalidInputException($"a set of more than {MostWithoutCase} characters whatever their case");
        }
    }

    public void Add(CharacterSet other) => _classes.Add(other.Contains);

    /// <summary>Leaves only what is in the other set, too (<c>&amp;&amp;</c> in a class).</summary>
    public void Intersect(CharacterSet other) => _and.Add(other);

    public bool Contains(int code) => (Has(code) && _and.TrueForAll(set => set.Contains(code))) != Negated;

    /// <summary>The set of a property as <c>\p{...}</c> names it, or null.</summary>
    public static Func<int, bool>? Property(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant() switch
    {
        "L" or "LETTER" => CodePoints.IsLetter,
        "LU" or "UPPERCASELETTER" => Is(UnicodeCategory.UppercaseLetter),
        "LL" or "LOWERCASELETTER" => Is(UnicodeCategory.LowercaseLetter),
        "LT" or "TITLECASELETTER" => Is(UnicodeCategory.TitlecaseLetter),
        "LM" or "MODIFIERLETTER" => Is(UnicodeCategory.ModifierLetter),
        "LO" or "OTHERLETTER" => Is(UnicodeCategory.OtherLetter),
        "M" or "MARK" => CodePoints.IsMark,
        "MN" or "NONSPACINGMARK" => Is(UnicodeCategory.NonSpacingMark),
        "MC" or "SPACINGMARK" => Is(UnicodeCategory.SpacingCombiningMark),
        "ME" or "ENCLOSINGMARK" => Is(UnicodeCategory.EnclosingMark),
        "N" or "NUMBER" => CodePoints.IsNumber,
        "ND" or "DECIMALNUMBER" or "DIGIT" => CodePoints.IsDigit,
        "NL" or "LETTERNUMBER" => Is(UnicodeCategory.LetterNumber),
        "NO" or "OTHERNUMBER" => Is(UnicodeCategory.OtherNumber),
        "P" or "PUNCTUATION" => Between(UnicodeCategory.ConnectorPunctuation, UnicodeCategory.OtherPunctuation),
        "PC" or "CONNECTORPUNCTUATION" => Is(UnicodeCategory.ConnectorPunctuation),
        "PD" or "DASHPUNCTUATION" => Is(UnicodeCategory.DashPunctuation),
        "PS" or "OPENPUNCTUATION" => Is(UnicodeCategory.OpenPunctuation),
        "PE" or "CLOSEPUNCTUATION" => Is(UnicodeCategory.ClosePunctuation),
        "PI" or "INITIALPUNCTUATION" => Is(UnicodeCategory.InitialQuotePunctuation),
        "PF" or "FINALPUNCTUATION" => Is(UnicodeCategory.FinalQuotePunctuation),
        "PO" or "OTHERPUNCTUATION" => Is(UnicodeCategory.OtherPunctuation),
        "S" or "SYMBOL" => Between(UnicodeCategory.MathSymbol, UnicodeCategory.OtherSymbol),
        "SM" or "MATHSYMBOL" => Is(UnicodeCategory.MathSymbol),
        "SC" or "CURRENCYSYMBOL" => Is(UnicodeCategory.CurrencySymbol),
        "SK" or "MODIFIERSYMBOL" => Is(UnicodeCategory.ModifierSymbol),
        "SO" or "OTHERSYMBOL" => Is(UnicodeCategory.OtherSymbol),
        "Z" or "SEPARATOR" => Between(UnicodeCategory.SpaceSeparator, UnicodeCategory.ParagraphSeparator),
        "ZS" or "SPACESEPARATOR" => Is(UnicodeCategory.SpaceSeparator),
        "ZL" or "LINESEPARATOR" => Is(UnicodeCategory.LineSeparator),
        "ZP" or "PARAGRAPHSEPARATOR" => Is(UnicodeCategory.ParagraphSeparator),
        "CC" or "CONTROL" or "CNTRL" => Is(UnicodeCategory.Control),
        "CF" or "FORMAT" => Is(UnicodeCategory.Format),
        "CO" or "PRIVATEUSE" => Is(UnicodeCategory.PrivateUse),
        "CN" or "UNASSIGNED" => Is(UnicodeCategory.OtherNotAssigned),
        "SPACE" or "WHITESPACE" => CodePoints.IsWhiteSpace,
        "WORD" => CodePoints.IsWord,
        "ANY" => _ => true,
        _ => null,
    };

    private bool Has(int code) => IsMember(code) || (IgnoreCase && HasOtherCase(code));

    private bool IsMember(int code)
    {
        foreach ((int first, int last) in _ranges)
        {
            if (code >= first && code <= last)
            {
                return true;
            }
        }

        foreach (Func<int, bool> members in _classes)
        {
            if (members(code))
            {
                return true;
            }
        }

        return false;
    }

    private bool HasOtherCase(int code) => _folded.Value.Contains(CodePoints.Fold(code));

    // Made once, so that a text costs a look-up however wide the ranges are.
    private HashSet<int> Folded() =>
        [.. _ranges.SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1)).Select(CodePoints.Fold)];

    private static Func<int, bool> Is(UnicodeCategory category) => code => CodePoints.Category(code) == category;

    private static Func<int, bool> Between(UnicodeCategory first, UnicodeCategory last) =>
        code => CodePoints.Category(code) is var category && category >= first && category <= last;
}
