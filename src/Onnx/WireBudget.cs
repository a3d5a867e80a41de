using Google.Protobuf.Reflection;
using Interp.Onnx.Format;

namespace Interp.Onnx;

/// <summary>
/// Walks the bytes of a file before they are parsed and adds up what the parsed messages would take in memory. Two bytes can
/// ask for a message of hundreds, so without this a small hostile file could take any amount.
/// </summary>
/// <param name="path">The file, for messages.</param>
/// <param name="bytes">Its content.</param>
internal ref struct WireBudget(string path, ReadOnlySpan<byte> bytes)
{
    private const int DeepestMessage = 48;
    private const int EmptyMessage = 24;
    private const int PerField = 8;
    private const int PerRepeatedField = 40;
    private const int FirstSlots = 88;
    private const int PerSlot = 24;
    private const int PerObject = 48;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly Dictionary<MessageDescriptor, int> _costs = [];
    private long _cost;

    /// <summary>Refuses a file whose messages would take more than twice its size and 32 MiB.</summary>
    /// <exception cref="InvalidInputException">The file is not a protocol buffer, or would take too much memory.</exception>
    public void Check() => Message(ModelProto.Descriptor, 0, _bytes.Length, 0);

    private void Message(MessageDescriptor type, int at, int end, int depth)
    {
        if (depth > DeepestMessage)
        {
            throw Broken(at, $"messages nested at most {DeepestMessage} deep", "deeper ones");
        }

        if (!_costs.TryGetValue(type, out int cost))
        {
            IList<FieldDescriptor> fields = type.Fields.InDeclarationOrder();
            cost = EmptyMessage + (fields.Count * PerField) + (fields.Count(f => f.IsRepeated) * PerRepeatedField);
            _costs.Add(type, cost);
        }

        Spend(cost, at);
        ulong seen = 0;
        while (at < end)
        {
            ulong tag = Varint(ref at, end);
            if (tag >> 3 is 0 or > 0x1FFFFFFF)
            {
                throw Broken(at, "a field number", $"{tag >> 3}");
            }

            FieldDescriptor? field = type.FindFieldByNumber((int)(tag >> 3));
            if (field is { IsRepeated: true } && (seen & (1UL << (field.FieldNumber & 63))) == 0)
            {
                seen |= 1UL << (field.FieldNumber & 63);
                Spend(FirstSlots, at);
            }

            switch (tag & 7)
            {
                case 0:
                    Varint(ref at, end);
                    Spend(field is { IsRepeated: true } ? PerSlot : 0, at);
                    break;
                case 1:
                    Skip(ref at, end, 8);
                    Spend(field is { IsRepeated: true } ? PerSlot : 0, at);
                    break;
                case 5:
                    Skip(ref at, end, 4);
                    Spend(field is { IsRepeated: true } ? PerSlot : 0, at);
                    break;
                case 2:
                    ulong length = Varint(ref at, end);
                    if (length > (ulong)(end - at))
                    {
                        throw Broken(at, $"a length of at most {end - at}", $"{length}");
                    }

                    Delimited(field, at, at + (int)length, depth);
                    at += (int)length;
                    break;
                default:
                    throw Broken(at, "a wire type that is one of 0, 1, 2, 5", $"{tag & 7}");
            }
        }
    }

    private void Delimited(FieldDescriptor? field, int at, int end, int depth)
    {
        switch (field?.FieldType)
        {
            case null:
                break;
            case FieldType.Message:
                Spend(PerSlot, at);
                Message(field.MessageType, at, end, depth + 1);
                break;
            case FieldType.String:
                Spend(PerObject + PerSlot + (2L * (end - at)), at);
                break;
            case FieldType.Bytes:
                Spend((2L * PerObject) + PerSlot + (end - at), at);
                break;
            case FieldType.Float or FieldType.Double:
                Spend(2L * (end - at), at);
                break;
            default:
                // Packed varints: the last byte of each has its highest bit clear.
                int count = 0;
                foreach (byte b in _bytes[at..end])
                {
                    count += b < 0x80 ? 1 : 0;
                }

                Spend((long)PerSlot * count, at);
                break;
        }
    }

    private readonly ulong Varint(ref int at, int end)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70 && at < end; shift += 7)
        {
            byte b = _bytes[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Broken(at, "the end of a number", "none");
    }

    private readonly void Skip(ref int at, int end, int count)
    {
        if (end - at < count)
        {
            throw Broken(at, $"{count} bytes", $"{end - at}");
        }

        at += count;
    }

    private void Spend(long cost, int at)
    {
        _cost += cost;
        if (_cost > (2L * _bytes.Length) + (32 << 20))
        {
            throw Broken(at, "a graph in proportion to the file", "one that would take many times its size in memory");
        }
    }

    private readonly InvalidInputException Broken(int at, string expected, string found) =>
        new($"{path}: not an ONNX file, or a damaged one: at byte {at}: expected {expected}, found {found}");
}
