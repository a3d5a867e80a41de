using System.Text.Json.Serialization;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>What stands in <c>manifest.json</c>.</summary>
internal sealed record ManifestContent(
    [property: JsonPropertyName(ResultMetadata.SchemaVersion)] string SchemaVersion, IReadOnlyList<ManifestTable> Tables,
    IReadOnlyList<ManifestActivations>? Activations);

/// <summary>How it is read and written, without looking anything up at run time.</summary>
[JsonSerializable(typeof(ManifestContent))]
internal sealed partial class ManifestJson : JsonSerializerContext;
