using System.Globalization;
using Interp.Bench.Tables;
using Interp.Export;

Console.WriteLine(WriteProbe.Line(int.Parse(args[0], CultureInfo.InvariantCulture), args[1], Enum.Parse<Compression>(args[2])));
