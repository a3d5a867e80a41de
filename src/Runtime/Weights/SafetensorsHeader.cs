using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Weights;

/// <summary>
/// Parses and checks the JSON header of a safetensors file: an object from tensor name to
/// <c>{"dtype", "shape", "data_offsets"}</c>, and optionally <c>__metadata__</c> with strings.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The name that holds strings instead of a tensor.</summary>
    public const string MetadataName = "__metadata__";

    private readonly string file;
    private readonly OrderedDictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, string> metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string file) => this.file = file;

    public OrderedDictionary<string, TensorEntry> Tensors => tensors;

    public OrderedDictionary<string, string> Metadata => metadata;

    /// <summary>Parses a header and checks each tensor by itself and all of them together.</summary>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataLength">The bytes of the file behind the header.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="InvalidInputException">The header breaks a rule of the format.</exception>
    public static SafetensorsHeader Parse(byte[] json, long dataLength, string file)
    {
        SafetensorsHeader header = new(file);
        if (!Utf8.IsValid(json))
            throw header.Error("the header is not valid UTF-8");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            header.ReadRoot(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw header.Error($"the header is not valid JSON ({OneLine.Quote(exception.Message)})", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The one thing that passes the parser and fails later: a lone surrogate written as an escape.
            throw header.Error("the header holds a string that is not valid Unicode", exception);
        }
        SafetensorsLayout.Check(header.tensors.Values, dataLength, file);
        return header;
    }

    private void ReadRoot(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Error($"the header must be a JSON object, found {root.ValueKind}");
        bool metadataSeen = false;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == MetadataName)
            {
                if (metadataSeen)
                    throw Error($"the header has {MetadataName} twice");
                metadataSeen = true;
                ReadMetadata(property.Value);
            }
            else if (!tensors.TryAdd(property.Name, ReadTensor(property.Name, property.Value)))
            {
                throw Error(property.Name, "the name is in the header twice");
            }
        }
    }

    private void ReadMetadata(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Error($"{MetadataName} must be an object of strings, found {element.ValueKind}");
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string key = OneLine.Quote(property.Name);
            if (property.Value.ValueKind != JsonValueKind.String)
                throw Error($"{MetadataName} must be an object of strings, found {property.Value.ValueKind} for {key}");
            if (!metadata.TryAdd(property.Name, property.Value.GetString()!))
                throw Error($"{MetadataName} has {key} twice");
        }
    }

    private TensorEntry ReadTensor(string name, JsonElement element)
    {
        const string Expected = "expected an object with dtype, shape and data_offsets";
        if (element.ValueKind != JsonValueKind.Object)
            throw Error(name, $"{Expected}, found {element.ValueKind}");
        JsonElement? dtype = null, shape = null, offsets = null;
        foreach (JsonProperty property in element.EnumerateObject())
        {
            ref JsonElement? field = ref dtype;
            if (property.NameEquals("shape"u8))
                field = ref shape;
            else if (property.NameEquals("data_offsets"u8))
                field = ref offsets;
            else if (!property.NameEquals("dtype"u8))
                throw Error(name, $"{Expected}, found the unknown field {OneLine.Quote(property.Name)}");
            if (field is not null)
                throw Error(name, $"{Expected}, found {property.Name} twice");
            field = property.Value;
        }
        if (dtype is null || shape is null || offsets is null)
        {
            string missing = dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Error(name, $"{Expected}, found no {missing}");
        }
        (long begin, long end) = ReadOffsets(name, offsets.Value);
        return new TensorEntry(name, ReadType(name, dtype.Value), ReadShape(name, shape.Value), begin, end);
    }

    private SafetensorsType ReadType(string name, JsonElement element)
    {
        string expected = $"expected a dtype that is one of {string.Join(", ", SafetensorsTypes.Spellings)}";
        if (element.ValueKind != JsonValueKind.String)
            throw Error(name, $"{expected}, found {element.ValueKind}");
        string spelling = element.GetString()!;
        return SafetensorsTypes.TryParse(spelling, out SafetensorsType type)
            ? type
            : throw Error(name, $"{expected}, found {OneLine.Quote(spelling)}");
    }

    private ImmutableArray<int> ReadShape(string name, JsonElement element)
    {
        string expected = $"expected a shape of whole numbers from 0 to {int.MaxValue}";
        if (element.ValueKind != JsonValueKind.Array)
            throw Error(name, $"{expected}, found {element.ValueKind}");
        ImmutableArray<int>.Builder shape = ImmutableArray.CreateBuilder<int>(element.GetArrayLength());
        foreach (JsonElement axis in element.EnumerateArray())
        {
            if (axis.ValueKind != JsonValueKind.Number || !axis.TryGetInt32(out int size) || size < 0)
                throw Error(name, $"{expected}, found {OneLine.Quote(element.GetRawText())}");
            shape.Add(size);
        }
        return shape.MoveToImmutable();
    }

    private (long Begin, long End) ReadOffsets(string name, JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2
            && element[0].ValueKind == JsonValueKind.Number && element[0].TryGetInt64(out long begin)
            && element[1].ValueKind == JsonValueKind.Number && element[1].TryGetInt64(out long end))
            return (begin, end);
        throw Error(name, $"expected data_offsets of two whole numbers, found {OneLine.Quote(element.GetRawText())}");
    }

    private InvalidInputException Error(string text, Exception? inner = null) =>
        inner is null ? new($"{file}: {text}") : new($"{file}: {text}", inner);

    private InvalidInputException Error(string tensor, string text) => new($"{file}: tensor {OneLine.Quote(tensor)}: {text}");
}
