using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;
using System.Text;

namespace Interp.Analysis;

/// <summary>
/// How a record stands in the columns of a table: property <c>SrcPos</c> is column <c>src_pos</c>; int is Int32, double Float64,
/// string Text; what is nullable may be null.
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
        ParameterInfo[] parameters = typeof(T).GetConstructors().Single(c => c.GetParameters().Length > 0).GetParameters();
        var nullability = new NullabilityInfoContext();
        _nullable = [.. parameters.Select(p => nullability.Create(p).ReadState != NullabilityState.NotNull)];
        Columns = [.. parameters.Select(p => new Column(NameOf(p.Name!), TypeOf(p.ParameterType)))];
        _write = new(() => Writer(parameters));
        _read = new(() => Reader(parameters));
    }

    /// <summary>The one map of the record.</summary>
    public static RowMap<T> Instance { get; } = new();

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
            (Type column, MethodInfo add, _, _) = MembersOf(parameter.ParameterType);
            Expression at = Expression.ArrayIndex(columns, Expression.Constant(i));
            Expression value = Expression.Convert(
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
            (Type column, _, MethodInfo get, MethodInfo require) = MembersOf(parameter.ParameterType);
            Expression at = Expression.ArrayIndex(columns, Expression.Constant(i));
            Expression value = Expression.Condition(
                Expression.ReferenceEqual(at, Expression.Constant(null)), Expression.Default(get.ReturnType),
                Expression.Call(Expression.Convert(at, column), get, row));
            if (!_nullable[i])
            {
                value = Expression.Call(require, value, Expression.Constant(Columns[i].Name), row);
            }

            return (Expression)Expression.Convert(value, parameter.ParameterType);
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

    private static ColumnType TypeOf(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        Type t when t == typeof(int) => ColumnType.Int32,
        Type t when t == typeof(double) => ColumnType.Float64,
        Type t when t == typeof(string) => ColumnType.Text,
        Type t => throw new NotSupportedException($"{typeof(T).Name}: expected int, double or string, found {t.Name}"),
    };

    /// <summary>A column's type, how a value is added to it and read, and what refuses null; named one by one, so that none is trimmed away.</summary>
    private static (Type Column, MethodInfo Add, MethodInfo At, MethodInfo Require) MembersOf(Type type) => TypeOf(type) switch
    {
        ColumnType.Int32 => (
            typeof(Int32Column), Method<Action<int?>>(new Int32Column().Add), Method<Func<int, int?>>(new Int32Column().At),
            Method<Func<int?, string, int, int?>>(Require)),
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
