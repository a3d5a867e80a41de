using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace Interp.Export;

/// <summary>
/// An Arrow file says twice what it is: in its first message and in its footer. Two copies that differ show damage that the hash of the
/// columns does not see, because it does not cover the metadata.
/// </summary>
internal static class SchemaCopies
{
    private const int FirstMessage = 8;

    /// <summary>Requires that both copies are the same; the stream stands at its start afterwards.</summary>
    /// <exception cref="InvalidInputException">They differ.</exception>
    public static void RequireSame(FileStream stream, string path)
    {
        string first, last;
        using (var footer = new ArrowFileReader(stream, leaveOpen: true))
        {
            last = Text(footer.Schema);
        }

        stream.Position = FirstMessage;
        using (var message = new ArrowStreamReader(stream, leaveOpen: true))
        {
            first = Text(message.Schema);
        }

        stream.Position = 0;
        if (first != last)
        {
            throw new InvalidInputException(
                $"{path}: expected columns and metadata that are the same at the beginning and at the end of the file, found others: it is damaged; let it be written again");
        }
    }

    private static string Text(Schema schema) => string.Join(
        '\n',
        schema.FieldsList.Select(field => $"{Quoted(field.Name)} {Of(field.DataType)} {field.IsNullable}")
            .Concat((schema.Metadata ?? new Dictionary<string, string>()).OrderBy(m => m.Key, StringComparer.Ordinal)
                .Select(m => $"{Quoted(m.Key)}={Quoted(m.Value)}")));

    private static string Of(IArrowType type) => type switch
    {
        DictionaryType names => $"names<{Of(names.IndexType)},{Of(names.ValueType)},{names.Ordered}>",
        FixedSizeListType list => $"list<{Of(list.ValueDataType)},{list.ListSize}>",
        _ => type.Name,
    };

    private static string Quoted(string text) => $"{text.Length}:{text}";
}
