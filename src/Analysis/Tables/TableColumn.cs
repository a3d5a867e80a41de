namespace Interp.Analysis;

/// <summary>The values of one column of a table, one after the other in memory, and which of them are null.</summary>
public abstract class TableColumn
{
    private byte[] _validity = [];

    private protected TableColumn()
    {
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Number of rows that hold null.</summary>
    public int NullCount { get; private set; }

    /// <summary>A bit for each row, lowest bit of a byte first: 1 = a value, 0 = null. Bits after the last row are 0.</summary>
    public ReadOnlySpan<byte> Validity => _validity.AsSpan(0, (Count + 7) / 8);

    /// <summary>The value of a row as an object: int, long, double, string or null.</summary>
    /// <param name="row">0-based row.</param>
    public abstract object? this[int row] { get; }

    /// <summary>Whether a row holds null.</summary>
    /// <param name="row">0-based row.</param>
    public bool IsNull(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        return (_validity[row >> 3] & (1 << (row & 7))) == 0;
    }

    internal static TableColumn Of(ColumnType type) => type switch
    {
        ColumnType.Int32 => new Int32Column(),
        ColumnType.Int64 => new Int64Column(),
        ColumnType.Float64 => new Float64Column(),
        _ => new TextColumn(),
    };

    /// <summary>Whether a value may stand in this column.</summary>
    internal abstract bool Fits(object? value);

    /// <summary>Adds a value that fits.</summary>
    internal abstract void AddObject(object? value);

    /// <summary>Adds a row that holds null.</summary>
    internal abstract void AddNull();

    /// <summary>Forgets the rows, keeps the memory.</summary>
    internal virtual void Clear()
    {
        _validity.AsSpan(0, (Count + 7) / 8).Clear();
        (Count, NullCount) = (0, 0);
    }

    private protected void Grow(bool valid)
    {
        int row = Count++;
        if ((row >> 3) >= _validity.Length)
        {
            Array.Resize(ref _validity, Math.Max(8, _validity.Length * 2));
        }

        if (valid)
        {
            _validity[row >> 3] |= (byte)(1 << (row & 7));
        }
        else
        {
            NullCount++;
        }
    }
}

/// <summary>A column whose values are numbers in memory.</summary>
/// <typeparam name="T">Type of the numbers.</typeparam>
public abstract class TableColumn<T> : TableColumn
    where T : unmanaged
{
    private T[] _values = [];

    private protected TableColumn()
    {
    }

    private protected ReadOnlySpan<T> Raw => _values.AsSpan(0, Count);

    private protected void Append(T value, bool valid = true)
    {
        if (Count == _values.Length)
        {
            Array.Resize(ref _values, Math.Max(16, _values.Length * 2));
        }

        _values[Count] = value;
        Grow(valid);
    }
}

/// <summary>A column of 32-bit integers.</summary>
public sealed class Int32Column : TableColumn<int>
{
    /// <summary>The values; 0 where a row holds null.</summary>
    public ReadOnlySpan<int> Values => Raw;

    /// <inheritdoc/>
    public override object? this[int row] => At(row);

    internal override bool Fits(object? value) => value is null or int;

    internal override void AddObject(object? value) => Add((int?)value);

    internal override void AddNull() => Append(0, false);

    internal int? At(int row) => IsNull(row) ? null : Raw[row];

    internal void Add(int? value) => Append(value.GetValueOrDefault(), value.HasValue);
}

/// <summary>A column of 64-bit integers.</summary>
public sealed class Int64Column : TableColumn<long>
{
    /// <summary>The values; 0 where a row holds null.</summary>
    public ReadOnlySpan<long> Values => Raw;

    /// <inheritdoc/>
    public override object? this[int row] => At(row);

    internal override bool Fits(object? value) => value is null or long;

    internal override void AddObject(object? value) => Add((long?)value);

    internal override void AddNull() => Append(0, false);

    internal long? At(int row) => IsNull(row) ? null : Raw[row];

    internal void Add(long? value) => Append(value.GetValueOrDefault(), value.HasValue);
}

/// <summary>A column of 64-bit floats. NaN has one bit pattern, so that equal results are equal bytes.</summary>
public sealed class Float64Column : TableColumn<double>
{
    /// <summary>The values; 0 where a row holds null.</summary>
    public ReadOnlySpan<double> Values => Raw;

    /// <inheritdoc/>
    public override object? this[int row] => At(row);

    internal override bool Fits(object? value) => value is null or double;

    internal override void AddObject(object? value) => Add((double?)value);

    internal override void AddNull() => Append(0, false);

    internal double? At(int row) => IsNull(row) ? null : Raw[row];

    internal void Add(double? value)
    {
        double number = value.GetValueOrDefault();
        Append(double.IsNaN(number) ? double.NaN : number, value.HasValue);
    }
}
