using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;
using System.Text;

namespace Interp.Analysis;

/// <summary>
/// How a record stands in the columns of a table: property <c>SrcPos</c> is column <c>src_pos</c>. int, short and byte are Int32; long and
/// uint Int64; double and float Float64; string, bool (<c>true</c>, <c>false</c>) and enums (by name) Text; what is nullable may be null.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class RowMap<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>
{
    private readonly bool[] _nullable;

    // Compiled when first used: a schema is often only asked for its columns.
    private readonly Lazy<Action<T, TableColumn?[]>> _write;
    private readonly Lazy<Func<TableColumn?[], int, T>> _read;

    private RowMap()
    {
        ParameterInfo[] parameters = typeof(T).GetConstructors().Select(c => c.GetParameters()).FirstOrDefault(p => p.Length > 0)
            ?? throw new InvalidInputException($"{typeof(T).Name}: expected a record whose constructor names its columns, found none");
        var nullability = new NullabilityInfoContext();
        _nullable = [.. parameters.Select(p => nullability.Create(p).ReadState != NullabilityState.NotNull)];
        Columns = [.. parameters.Select(p => new Column(NameOf(p.Name!), TypeOf(p)))];
        _write = new(() => Writer(parameters));
        _read = new(() => Reader(parameters));
    }

    /// <summary>The one map of the record.</summary>
    /// <exception cref="InvalidInputException">A property is of a type that no column holds.</exception>
    public static RowMap<T> Instance => field ??= new();

    /// <summary>The columns, in the order of the record's parameters.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Adds a row to columns; those that the table does not have are null.</summary>
    public Action<T, TableColumn?[]> Write => _write.Value;

    /// <summary>Makes the record of a row of columns.</summary>
    public Func<TableColumn?[], int, T> Read => _read.Value;

    /// <summary>Finds the record's columns in a table.</summary>
    /// <exception cref="InvalidInputException">The table lacks a column that may not be null, or it holds another type.</exception>
    public TableColumn?[] Bind(ResultTable table)
    {
        var bound = new TableColumn?[Columns.Count];
        for (int i = 0; i < bound.Length; i++)
        {
            Column column = Columns[i];
            if (table.Has(column.Name))
            {
                bound[i] = table.Column(table.IndexOf(column.Name));
                Column found = table.Columns[table.IndexOf(column.Name)];
                if (found.Type != column.Type)
                {
                    throw new InvalidInputException(
                        $"table {table.Name}, column {column.Name}: expected {column.Type} for {typeof(T).Name}, found {found.Type}");
                }
            }
            else if (!_nullable[i])
            {
                throw new InvalidInputException($"table {table.Name}: expected the column {column.Name} for {typeof(T).Name}, found none");
            }
        }

        return bound;
    }

    private static Action<T, TableColumn?[]> Writer(ParameterInfo[] parameters)
    {
        ParameterExpression row = Expression.Parameter(typeof(T)), columns = Expression.Parameter(typeof(TableColumn[]));
        IEnumerable<Expression> adds = parameters.Select((parameter, i) =>
        {
            (Type column, MethodInfo add, _, _) = MembersOf(TypeOf(parameter));
            Expression at = Expression.ArrayIndex(columns, Expression.Constant(i));
            Expression value = ToColumn(
                Expression.Property(row, typeof(T).GetProperty(parameter.Name!)!), add.GetParameters()[0].ParameterType);
            return Expression.IfThen(
                Expression.ReferenceNotEqual(at, Expression.Constant(null)), Expression.Call(Expression.Convert(at, column), add, value));
        });
        return Expression.Lambda<Action<T, TableColumn?[]>>(Expression.Block(adds), row, columns).Compile();
    }

    private Func<TableColumn?[], int, T> Reader(ParameterInfo[] parameters)
    {
        ParameterExpression columns = Expression.Parameter(typeof(TableColumn[])), row = Expression.Parameter(typeof(int));
        IEnumerable<Expression> values = parameters.Select((parameter, i) =>
        {
            (Type column, _, MethodInfo get, MethodInfo require) = MembersOf(TypeOf(parameter));
            Expression at = Expression.ArrayIndex(columns, Expression.Constant(i));
            Expression value = Expression.Condition(
                Expression.ReferenceEqual(at, Expression.Constant(null)), Expression.Default(get.ReturnType),
                Expression.Call(Expression.Convert(at, column), get, row));
            if (!_nullable[i])
            {
                value = Expression.Call(require, value, Expression.Constant(Columns[i].Name), row);
            }

            return (Expression)FromColumn(value, parameter.ParameterType);
        });
        ConstructorInfo constructor = (ConstructorInfo)parameters[0].Member;
        return Expression.Lambda<Func<TableColumn?[], int, T>>(Expression.New(constructor, values), columns, row).Compile();
    }

    private static TValue Require<TValue>(TValue value, string column, int row) => value is null
        ? throw new InvalidInputException($"column {column}, row {row}: expected a value for {typeof(T).Name}, found null")
        : value;

    private static string NameOf(string property)
    {
        var name = new StringBuilder();
        foreach (char c in property)
        {
            name.Append(char.IsUpper(c) && name.Length > 0 ? "_" : "").Append(char.ToLowerInvariant(c));
        }

        return name.ToString();
    }

    private static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static bool IsNamed(Type type) => type.IsEnum || type == typeof(bool);

    private static ColumnType TypeOf(ParameterInfo parameter) => Bare(parameter.ParameterType) switch
    {
        Type t when t == typeof(string) || IsNamed(t) => ColumnType.Text,
        Type t => Type.GetTypeCode(t) switch
        {
            TypeCode.Int32 or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Byte or TypeCode.SByte => ColumnType.Int32,
            TypeCode.Int64 or TypeCode.UInt32 => ColumnType.Int64,
            TypeCode.Double or TypeCode.Single => ColumnType.Float64,
            _ => throw new InvalidInputException(
                $"{typeof(T).Name}.{parameter.Name}: expected an integer, a float, a string, a bool or an enum, found {t.Name}"),
        },
    };

    // Texts of names go through object: rows with them are a caller's own, and few.
    private static Expression ToColumn(Expression value, Type column) => IsNamed(Bare(value.Type))
        ? Expression.Call(Method<Func<object?, string?>>(NameOf), Expression.Convert(value, typeof(object)))
        : Expression.Convert(value, column);

    private static UnaryExpression FromColumn(Expression value, Type property) => IsNamed(Bare(property))
        ? Expression.Convert(
            Expression.Call(Method<Func<Type, string?, object?>>(ValueOf), Expression.Constant(Bare(property), typeof(Type)), value), property)
        : Expression.Convert(value, property);

    private static string? NameOf(object? value) => value is bool truth ? truth ? "true" : "false" : value?.ToString();

    private static object? ValueOf(Type type, string? name) => name switch
    {
        null => null,
        "true" or "false" when type == typeof(bool) => name == "true",
        _ when type.IsEnum && Enum.TryParse(type, name, out object? value) => value,
        _ => throw new InvalidInputException($"{typeof(T).Name}: expected {(type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}" : "true or false")}, found '{name}'"),
    };

    /// <summary>A column's type, how a value is added to it and read, and what refuses null; named one by one, so that none is trimmed away.</summary>
    private static (Type Column, MethodInfo Add, MethodInfo At, MethodInfo Require) MembersOf(ColumnType type) => type switch
    {
        ColumnType.Int32 => (
            typeof(Int32Column), Method<Action<int?>>(new Int32Column().Add), Method<Func<int, int?>>(new Int32Column().At),
            Method<Func<int?, string, int, int?>>(Require)),
        ColumnType.Int64 => (
            typeof(Int64Column), Method<Action<long?>>(new Int64Column().Add), Method<Func<int, long?>>(new Int64Column().At),
            Method<Func<long?, string, int, long?>>(Require)),
        ColumnType.Float64 => (
            typeof(Float64Column), Method<Action<double?>>(new Float64Column().Add), Method<Func<int, double?>>(new Float64Column().At),
            Method<Func<double?, string, int, double?>>(Require)),
        _ => (
            typeof(TextColumn), Method<Action<string?>>(new TextColumn().Add), Method<Func<int, string?>>(new TextColumn().At),
            Method<Func<string?, string, int, string?>>(Require)),
    };

    private static MethodInfo Method<TDelegate>(TDelegate function)
        where TDelegate : Delegate => function.Method;
}
