using System.Globalization;
using Interp.Onnx.Format;

namespace Interp.Onnx;

/// <summary>Weights in a file beside the graph, because a protobuf message ends at 2 GiB.</summary>
/// <param name="stream">The file.</param>
/// <param name="name">Its name, relative to the graph.</param>
internal sealed class ExternalWriter(System.IO.Stream stream, string name)
{
    private const int Alignment = 64;

    /// <summary>Appends the bytes of a tensor and tells the tensor where they are.</summary>
    public void Store(ReadOnlySpan<byte> bytes, TensorProto tensor)
    {
        stream.Write(new byte[-stream.Position & (Alignment - 1)]);
        tensor.ClearRawData();
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        Say("location", name);
        Say("offset", stream.Position.ToString(CultureInfo.InvariantCulture));
        Say("length", bytes.Length.ToString(CultureInfo.InvariantCulture));
        stream.Write(bytes);

        void Say(string key, string value) => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
    }
}
